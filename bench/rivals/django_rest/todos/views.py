"""Todos over HTTP."""

from django.db import transaction
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from todos import batch
from todos.models import Todo
from todos.pages import page_of
from todos.permissions import MayWrite, check_inbox
from todos.serializers import BatchSerializer, QuerySerializer, TodoChangesSerializer, TodoSerializer


class TodoViewSet(mixins.CreateModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin, GenericViewSet):
    """The todos that the caller sees."""

    http_method_names = ["get", "post", "patch", "head", "options"]
    lookup_value_converter = "uuid"
    permission_classes = [IsAuthenticated, MayWrite]

    def get_queryset(self):
        todos = Todo.objects.visible_to(self.request.user)
        return todos.with_role().select_for_update(of=("self",)) if self.action == "partial_update" else todos

    def get_serializer_class(self):
        return TodoChangesSerializer if self.action == "partial_update" else TodoSerializer

    def list(self, request):
        query = QuerySerializer(data=request.query_params, partial=True)
        query.is_valid(raise_exception=True)
        todos, next_cursor = page_of(request.user, query.validated_data)
        return Response({"data": self.get_serializer(todos, many=True).data, "next_cursor": next_cursor})

    @transaction.atomic
    def perform_create(self, serializer):
        user, inbox_id = self.request.user, self.request.auth["inbox"]
        check_inbox(user, inbox_id)
        serializer.save(list_id=inbox_id, created_by_id=user.id, position=Todo.objects.next_position(inbox_id))

    @transaction.atomic
    def partial_update(self, request, *args, **kwargs):
        return super().partial_update(request, *args, **kwargs)

    @action(detail=False, methods=["post"])
    def batch(self, request):
        serializer = BatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        results = batch.run(serializer.validated_data["operations"], request.user, request.auth["inbox"])
        return Response({"results": results})
