"""Addresses."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter
from todos.views import TodoViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("todos", TodoViewSet, basename="todo")

urlpatterns = [path("api/v1/", include(router.urls))]
