"""Who may change todos."""

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission

from todos.models import Member

WRITERS = ("owner", "editor")


class MayWrite(BasePermission):
    """Owners and editors of a list may change its todos."""

    def has_object_permission(self, request, view, todo):
        return request.method in SAFE_METHODS or todo.role in WRITERS


def check_role(role):
    """Raises PermissionDenied."""
    if role not in WRITERS:
        raise PermissionDenied


def check_inbox(user, inbox_id):
    """Raises Http404 and PermissionDenied."""
    check_role(get_object_or_404(Member, list_id=inbox_id, user=user).role)
