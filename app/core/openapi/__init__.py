"""The OpenAPI 3.1 document, written from the very notes that `Resource` keeps and the schemas that validate."""

from app.core.openapi.document import VERSION, Document, View
from app.core.openapi.shared import problem_kinds

__all__ = ["VERSION", "Document", "View", "problem_kinds"]
