"use strict";

const AUTH = "/api/v1/auth";
const SAFE = ["GET", "HEAD", "OPTIONS"];
const form = document.getElementById("credentials");
const person = document.getElementById("person");
const message = document.getElementById("message");
let renewal;

const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#operations",
  deepLinking: !location.hash.startsWith("#problem"), // it would rewrite an address that is not its own
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  requestInterceptor: addCsrfToken,
  responseInterceptor: followSession,
  onComplete: () => cookie("csrf_access_token") && showCookieSession(),
});

// Calls of Swagger UI and calls of this page meet the same two rules.
async function call(method, path, body, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body) headers["Content-Type"] = "application/json";
  const request = addCsrfToken({ url: path, method, headers, body: body && JSON.stringify(body) });
  const answer = await fetch(path, request);
  const text = await answer.text();
  const content = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(explain(content));
  return content;
}

function addCsrfToken(request) {
  const path = new URL(request.url, location.href).pathname;
  const token = cookie(path === `${AUTH}/refresh` ? "csrf_refresh_token" : "csrf_access_token");
  const method = (request.method ?? "GET").toUpperCase(); // loading the document has none
  if (token && !SAFE.includes(method) && !request.headers.Authorization) request.headers["X-CSRF-TOKEN"] = token;
  return request;
}

function followSession(answer) {
  const path = new URL(answer.url, location.href).pathname;
  if (answer.ok && [`${AUTH}/login`, `${AUTH}/refresh`].includes(path)) logIn(answer.body);
  if (answer.ok && path === `${AUTH}/logout`) logOut();
  return answer;
}

function logIn({ access_token, refresh_token, expires_in, user }) {
  clearTimeout(renewal);
  if (access_token) {
    ui.preauthorizeApiKey("bearerAuth", access_token);
    ui.preauthorizeApiKey("refreshAuth", refresh_token);
    renewal = setTimeout(() => renew(refresh_token), expires_in * 900);
  }
  show(user.email);
}

function logOut() {
  clearTimeout(renewal);
  if (ui.authSelectors.authorized().size) ui.authActions.logout(["bearerAuth", "refreshAuth"]);
  show(null);
}

async function renew(refreshToken) {
  try {
    logIn(await call("POST", `${AUTH}/refresh`, null, refreshToken));
  } catch (error) {
    logOut();
    message.textContent = error.message;
  }
}

async function showCookieSession() {
  try {
    show((await call("GET", "/api/v1/me")).email);
  } catch {
    show(null);
  }
}

function show(email) {
  form.hidden = Boolean(email);
  person.hidden = !email;
  person.querySelector("b").textContent = email ?? "";
  message.textContent = "";
}

function explain(problem) {
  const errors = Object.entries(problem?.errors ?? {}).map(([field, texts]) => `${field}: ${[texts].flat().join(" ")}`);
  return errors.join(" ") || problem?.detail || "The service did not answer.";
}

function cookie(name) {
  return document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1];
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  message.textContent = "";
  const { email, password } = Object.fromEntries(new FormData(form));
  try {
    if (event.submitter?.value === "register") await call("POST", `${AUTH}/register`, { email, password });
    logIn(await call("POST", `${AUTH}/login`, { email, password }));
    form.reset();
  } catch (error) {
    message.textContent = error.message;
  }
});

person.querySelector("button").addEventListener("click", async () => {
  const token = ui.authSelectors.authorized().getIn(["bearerAuth", "value"]);
  try {
    await call("POST", `${AUTH}/logout`, null, token);
  } finally {
    logOut();
  }
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();
