"""Requests and answers as JSON."""

from derived import PRIORITIES, unique_tags
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rules import change

from todos.models import Todo, new_todo


class TextField(serializers.CharField):
    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    def to_internal_value(self, data):
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class PriorityField(serializers.ChoiceField):
    def __init__(self, **kwargs):
        super().__init__(choices=PRIORITIES, **kwargs)

    def to_internal_value(self, data):
        return PRIORITIES.index(super().to_internal_value(data))

    def to_representation(self, value):
        return PRIORITIES[value]


class InstantField(serializers.DateTimeField):
    def enforce_timezone(self, value):
        if timezone.is_naive(value):
            self.fail("invalid", format="an instant with an offset")
        return super().enforce_timezone(value)


class TagsField(serializers.ListField):
    child = TextField(max_length=50)

    def to_internal_value(self, data):
        return unique_tags(super().to_internal_value(data))


class StrictMixin:
    """Refuses fields that are unknown or read-only."""

    def to_internal_value(self, data):
        if isinstance(data, dict):
            unknown = data.keys() - {name for name, field in self.fields.items() if not field.read_only}
            if unknown:
                raise ValidationError({name: ["Unknown field."] for name in unknown})
        return super().to_internal_value(data)


class TodoSerializer(StrictMixin, serializers.ModelSerializer):
    list_id = serializers.UUIDField(read_only=True)
    parent_id = serializers.UUIDField(read_only=True)
    assignee_id = serializers.UUIDField(read_only=True)
    created_by = serializers.UUIDField(source="created_by_id", read_only=True)
    task = TextField(max_length=500)
    notes = TextField(max_length=20_000, allow_null=True, allow_blank=True, trim_whitespace=False, required=False)
    done = FlagField(required=False)
    priority = PriorityField(required=False)
    due_at = InstantField(allow_null=True, required=False)
    tags = TagsField(max_length=20, required=False)

    class Meta:
        model = Todo
        fields = (
            "id",
            "version",
            "list_id",
            "parent_id",
            "task",
            "notes",
            "done",
            "completed_at",
            "priority",
            "due_on",
            "due_at",
            "remind_at",
            "recurrence",
            "series_id",
            "tags",
            "assignee_id",
            "position",
            "created_by",
            "created_at",
            "updated_at",
            "deleted_at",
        )
        read_only_fields = (
            "id",
            "version",
            "completed_at",
            "remind_at",
            "recurrence",
            "series_id",
            "position",
            "created_at",
            "updated_at",
            "deleted_at",
        )

    def validate(self, values):
        if values.get("due_on") is not None and values.get("due_at") is not None:
            raise ValidationError({name: ["Send due_on or due_at, not both."] for name in ("due_on", "due_at")})
        return values

    def create(self, values):
        todo = new_todo(values)
        todo.save(force_insert=True)
        return todo

    def update(self, todo, changes):
        columns = change(todo, changes)
        if columns:
            todo.save(update_fields=columns)
        return todo


class TodoChangesSerializer(TodoSerializer):
    """Some fields of a todo."""

    task = TextField(max_length=500, required=False)


class CreateSerializer(StrictMixin, serializers.Serializer):
    op = serializers.CharField()
    todo = TodoSerializer()


class UpdateSerializer(StrictMixin, serializers.Serializer):
    op = serializers.CharField()
    id = serializers.UUIDField()
    todo = TodoChangesSerializer()
    version = serializers.IntegerField(required=False)


class OperationField(serializers.Field):
    """An operation, whose `op` says what else it holds."""

    kinds = {"create": CreateSerializer(), "update": UpdateSerializer()}
    default_error_messages = {"op": "Must be an object whose op is create or update."}

    def to_internal_value(self, data):
        kind = self.kinds.get(str(data.get("op"))) if isinstance(data, dict) else None
        if kind is None:
            self.fail("op")
        return kind.run_validation(data)


class BatchSerializer(StrictMixin, serializers.Serializer):
    operations = serializers.ListField(child=OperationField(), min_length=1, max_length=500)


class QuerySerializer(StrictMixin, serializers.Serializer):
    """The query parameters of a collection."""

    limit = serializers.IntegerField(min_value=1, max_value=200)
    cursor = serializers.CharField(max_length=4096)
    done = serializers.ChoiceField(choices=("true", "false"))
    priority = serializers.ListField(child=PriorityField())
    sort = serializers.ChoiceField(choices=("-created_at", "due"))
    q = serializers.CharField(max_length=500, allow_blank=True)
