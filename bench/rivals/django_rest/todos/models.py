"""Tickbox's tables as unmanaged models."""

from derived import new_id
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from rules import derive


class List(models.Model):
    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=120)
    archived = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "lists"


class User(AbstractBaseUser):
    id = models.UUIDField(primary_key=True)
    email = models.CharField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    password = models.TextField(db_column="password_hash")
    role = models.CharField(max_length=16)
    is_active = models.BooleanField(db_column="active")
    time_zone = models.CharField(max_length=64)
    inbox = models.ForeignKey(List, models.DO_NOTHING, related_name="+")
    last_login = None

    USERNAME_FIELD = "email"
    objects = BaseUserManager()

    class Meta:
        managed = False
        db_table = "users"


class Member(models.Model):
    pk = models.CompositePrimaryKey("list_id", "user_id")
    list = models.ForeignKey(List, models.DO_NOTHING, related_name="members")
    user = models.ForeignKey(User, models.DO_NOTHING, related_name="memberships")
    role = models.CharField(max_length=8)

    class Meta:
        managed = False
        db_table = "members"


class TodoQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Live todos of the user's lists, without the columns that nobody reads."""
        return self.filter(list__members__user=user, deleted_at=None).defer("search", "task_key")

    def with_role(self):
        """The same, each with the user's `role` in its list."""
        return self.annotate(role=models.F("list__members__role"))

    def next_position(self, list_id):
        """The place after the last todo of a list."""
        last = self.filter(list_id=list_id, deleted_at=None).aggregate(last=models.Max("position"))["last"]
        return (last or 0) + 1


class Todo(models.Model):
    id = models.UUIDField(primary_key=True)
    tags = models.JSONField(default=list)  # ahead of `list`, which hides the type of that name
    list = models.ForeignKey(List, models.DO_NOTHING, related_name="todos")
    parent = models.ForeignKey("self", models.DO_NOTHING, null=True, related_name="+")
    assignee = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+")
    series_id = models.UUIDField(null=True)
    task = models.CharField(max_length=500)
    notes = models.TextField(null=True)
    done = models.BooleanField(default=False)
    completed_at = models.DateTimeField(null=True)
    priority = models.SmallIntegerField(default=0)
    due_on = models.DateField(null=True)
    due_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    recurrence = models.CharField(max_length=500, null=True)
    position = models.FloatField()
    version = models.IntegerField(default=1)
    created_by = models.ForeignKey(User, models.DO_NOTHING, null=True, db_column="created_by", related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    series_start = models.DateTimeField(null=True)
    due_key = models.DateTimeField(null=True)
    task_key = models.CharField(max_length=500)
    search = SearchVectorField()

    objects = TodoQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "todos"


def new_todo(values):
    """A todo that is not saved yet."""
    todo_id, moment = new_id()
    todo = Todo(**values, id=todo_id, created_at=moment, updated_at=moment)
    todo.completed_at = moment if todo.done else None
    derive(todo)
    return todo
