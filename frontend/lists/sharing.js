import { session } from "../auth/session.js";
import { patch, post, remove } from "../core/api.js";
import { ask, dialog } from "../core/dialog.js";
import { choice, field, form, inWords } from "../core/form.js";
import { complain, say } from "../core/notices.js";
import { html, nothing, redraw, repeat } from "../core/page.js";
import { go } from "../core/router.js";
import { text } from "../core/text.js";
import { readLists } from "./lists.js";
import { membersOf, readMembers } from "./members.js";

const ROLES = ["viewer", "editor", "owner"];

/** Owners invite, change roles and take people out; everyone may leave. */
export function shareList(list) {
  const sharing = { list, invitation: form(), refused: {}, close: () => {} };
  const opened = dialog(text("lists.sharing", { name: list.name }), (close) => {
    sharing.close = close;
    return content(sharing);
  });
  readAgain(sharing);
  return opened;
}

function content(sharing) {
  const found = membersOf(sharing.list.id);
  const isOwner = found.some((member) => isMe(member) && member.role === "owner");
  return html`
    <ul class="members" tabindex="-1" aria-label=${text("lists.members")}>
      ${repeat(
        found,
        (member) => member.user_id,
        (member) => row(sharing, member, { isOwner, isAlone: found.length === 1 }),
      )}
    </ul>
    ${isOwner ? invitation(sharing) : nothing}
  `;
}

function row(sharing, member, { isOwner, isAlone }) {
  const refused = sharing.refused[member.user_id];
  return html`<li class="row">
    <span class="grow">
      <strong dir="auto">${called(member)}</strong> ${isMe(member) ? text("lists.you") : nothing}
      ${member.name ? html`<br /><small dir="auto">${member.email}</small>` : nothing}
    </span>
    ${isOwner ? roleChoice(sharing, member) : html`<span>${roleName(member.role)}</span>`}
    ${isMe(member) && !isAlone ? html`<button @click=${() => leave(sharing, member)}>${text("lists.leave")}</button>` : nothing}
    ${
      isOwner && !isMe(member)
        ? html`<button aria-label=${text("lists.remove_member", { name: called(member) })} @click=${() => takeOut(sharing, member)}>
          ${text("lists.remove")}
        </button>`
        : nothing
    }
    ${refused ? html`<small class="error" role="alert">${refused}</small>` : nothing}
  </li>`;
}

function roleChoice(sharing, member) {
  const give = ({ currentTarget: select }) => {
    const role = select.value;
    select.value = member.role; // until it is so
    giveRole(sharing, member, role);
  };
  return html`<select aria-label=${text("lists.role_of", { name: called(member) })} @change=${give}>
    ${ROLES.map((role) => html`<option value=${role} .selected=${role === member.role}>${roleName(role)}</option>`)}
  </select>`;
}

function invitation(sharing) {
  const { invitation: state, list } = sharing;
  const send = state.submit(async ({ email, role }, element) => {
    await invite(list.id, email, role)
      .catch(inWords(409, text("lists.already"), "email"))
      .catch(inWords(422, text("lists.unknown"), "email"));
    element.reset();
    element.elements.email.focus();
    say(text("lists.invited", { email }));
  });
  return html`
    <form class="invitation" @submit=${send}>
      <h3>${text("lists.invite")}</h3>
      ${field(state, "email", text("auth.email"), { type: "email", required: true, maxlength: 254, hint: text("lists.email_hint") })}
      ${choice(
        state,
        "role",
        text("lists.role"),
        ROLES.map((role) => [role, roleName(role)]),
        "editor",
      )}
      <p class="quiet">${text("lists.roles_hint")}</p>
      <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("lists.send_invitation")}</button></p>
    </form>
  `;
}

/** Throws Problem: 422 for an unknown address, 409 for a member. */
async function invite(listId, email, role) {
  await post(`/lists/${listId}/members`, { email, role });
  await readMembers(listId);
}

/** Throws Problem: 409 where no owner would be left, 412 where another has changed it. */
async function changeRole(listId, member, role) {
  await patch(path(listId, member), { role }, { ifMatch: member.version });
  await Promise.all([readMembers(listId), readLists()]);
}

/** Throws Problem as `changeRole` does. */
async function removeMember(listId, member) {
  await remove(path(listId, member), { ifMatch: member.version });
}

async function giveRole(sharing, member, role) {
  const isGivingUp = isMe(member) && member.role === "owner";
  if (isGivingUp && !(await ask(text("lists.role"), text("lists.give_up_sure"), roleName(role), { danger: true }))) return;
  await attempt(sharing, member, () => changeRole(sharing.list.id, member, role));
}

async function takeOut(sharing, member) {
  const words = text("lists.remove_sure", { name: called(member), list: sharing.list.name });
  if (!(await ask(text("lists.remove"), words, text("lists.remove"), { danger: true }))) return;
  await attempt(sharing, member, async () => {
    await removeMember(sharing.list.id, member);
    await readMembers(sharing.list.id);
    setTimeout(() => document.querySelector(".members")?.focus()); // the button is gone
  });
}

async function leave(sharing, member) {
  const words = text("lists.leave_sure", { list: sharing.list.name });
  if (!(await ask(text("lists.leave"), words, text("lists.leave"), { danger: true }))) return;
  await attempt(sharing, member, async () => {
    await removeMember(sharing.list.id, member);
    sharing.close();
    await readLists();
    go("/");
  });
}

/** What a rule of the list forbids is told in the member's row. */
async function attempt(sharing, member, act) {
  sharing.refused = {};
  try {
    await act();
  } catch (problem) {
    if (problem.status === 409) sharing.refused = { [member.user_id]: text("lists.keeps_owner") };
    else if (problem.status === 412) say(text("lists.member_changed"), { kind: "bad" });
    else complain(problem);
    readAgain(sharing);
  }
  redraw();
}

async function readAgain(sharing) {
  try {
    await readMembers(sharing.list.id);
  } catch (problem) {
    complain(problem);
    if (problem.status !== 404) return;
    sharing.close(); // it is gone, or the person is out
    readLists();
  }
}

const path = (listId, member) => `/lists/${listId}/members/${member.user_id}`;
const isMe = (member) => member.user_id === session.user?.id;
const called = (member) => member.name || member.email;
const roleName = (role) => text(`lists.roles.${role}`);
