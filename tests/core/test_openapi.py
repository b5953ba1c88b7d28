"""How declarations become the OpenAPI document, on resources that have a little of everything."""

import pytest
from flask import Flask
from marshmallow import fields, validate
from openapi_spec_validator import validate as validate_document

from app.core.api import Api, Resource
from app.core.contract import anyone, asks, gives, gives_file, gives_nothing, gives_page, if_match, public, raises, requires, takes
from app.core.fields import AnyOf, DayField, Flag, InstantField, Line, ObjectSchema, Reference, Tagged, Text, Word
from app.core.openapi import Document
from app.core.openapi.limits import LARGEST_INTEGER, LONGEST_TEXT, limited
from app.core.problems import Conflict
from app.core.query import Argument, Query, flag, whole

METHODS = ("get", "post", "put", "patch", "delete")


class ToyPartSchema(ObjectSchema):
    """A part."""

    size = fields.Integer(required=True, validate=validate.Range(1, 9))


class ToySchema(ObjectSchema):
    """A toy."""

    id = Reference(dump_only=True)
    version = fields.Integer(dump_only=True, metadata={"example": 7})
    name = Line(required=True, longest=20, blank="Blank!", metadata={"example": "Bear"})
    story = Text(longest=100, allow_none=True, load_default=None)
    code = Text(longest=9, pattern=validate.Regexp(r"[a-z]+\Z"), load_default="a")
    rank = Word(("low", "high"), load_default=1)
    soft = Flag(load_default=False)
    made_on = DayField(allow_none=True, load_default=None)
    sold_at = InstantField(dump_only=True, allow_none=True)
    pin = Text(longest=4, load_only=True)
    part = fields.Nested(ToyPartSchema, allow_none=True)
    lost = AnyOf(lambda: [ToyPartSchema()])


class PaintSchema(ObjectSchema):
    """Paint it."""

    op = fields.String(required=True, validate=validate.Equal("paint"))


class WorkSchema(ObjectSchema):
    """Work to do on a toy."""

    steps = fields.List(Tagged("op", {"paint": PaintSchema()}), required=True, validate=validate.Length(1, 5))


class ToyCollection(Resource):
    """The toys."""

    @requires("toys:read")
    @gives_page(
        ToySchema(), Query(Argument("fields"), Argument("color", action="append", choices=("red", "blue"), help="Of any of these."))
    )
    def get(self, params):
        """List toys."""

    @requires("toys:write")
    @takes(ToySchema())
    @gives(ToySchema(), 201)
    def post(self, toy):
        """Make a toy."""


class ToyDetail(Resource):
    """One toy."""

    @anyone
    @asks(Query(Argument("worn", type=flag), Argument("age", type=whole(1, 99))))
    @gives(ToySchema())
    def get(self, toy_id, params):
        """Show a toy. Even a broken one.

        It may take a while.
        """

    @requires("toys:write")
    @takes(ToySchema(partial=True))
    @gives(ToySchema())
    @if_match
    def patch(self, toy_id, changes, versions):
        """Change a toy."""

    @requires("toys:write")
    @gives_nothing
    @if_match
    def delete(self, toy_id, versions):
        """Throw a toy away."""


class ToyMend(Resource):
    """The workshop."""

    @public
    @takes(WorkSchema())
    @gives_nothing
    @raises(Conflict)
    def post(self, toy_id, work):
        """Mend a toy."""


class ToyPicture(Resource):
    """What a toy looks like."""

    @anyone
    @gives_file("image/png")
    def get(self, toy_id):
        """Show a picture."""


@pytest.fixture(scope="module")
def toys():
    app = Flask("toys")
    app.config.update(JWT_ACCESS_COOKIE_NAME="access", JWT_REFRESH_COOKIE_NAME="refresh")
    api = Api(app, prefix="/api/v1", authenticate=lambda _: None)
    api.add_resource(ToyCollection, "/toys")
    api.add_resource(ToyDetail, "/toys/<toy_id>")
    api.add_resource(ToyMend, "/toys/<toy_id>/mend")
    api.add_resource(ToyPicture, "/toys/<toy_id>/picture")
    return Document(app, {}).write({}, [])


def test_schemas_become_components_for_each_direction(toys):
    validate_document({**toys, "servers": [{"url": "/"}]})

    names = {"Toy", "ToyWrite", "ToyPatch", "ToyPage", "ToyFields", "ToyPart", "ToyPartWrite", "Work", "Paint", "Problem"}
    assert toys["components"]["schemas"].keys() == names


def test_fields_become_properties_of_a_request(toys):
    toy = toys["components"]["schemas"]["ToyWrite"]

    assert toy["required"] == ["name"]
    assert toy["properties"] == {
        "name": {
            "type": "string",
            "maxLength": 20,
            "pattern": r"^[^\u0000]*[^\u0000\s\u001c-\u001f\u0085][^\u0000]*$",
            "examples": ["Bear"],
        },
        "story": {"type": ["string", "null"], "maxLength": 100, "pattern": r"^[^\u0000]*$", "default": None},
        "code": {"type": "string", "maxLength": 9, "pattern": "^[a-z]+$", "default": "a"},
        "rank": {"type": "string", "enum": ["low", "high"], "default": "high"},
        "soft": {"type": "boolean", "default": False},
        "made_on": {"type": ["string", "null"], "format": "date", "maxLength": 10, "default": None},
        "pin": {"type": "string", "maxLength": 4, "pattern": r"^[^\u0000]*$", "writeOnly": True},
        "part": {"anyOf": [{"$ref": "#/components/schemas/ToyPartWrite"}, {"type": "null"}]},
    }


def test_a_patch_requires_nothing_and_assumes_nothing(toys):
    patch = toys["components"]["schemas"]["ToyPatch"]

    assert "required" not in patch
    assert not any("default" in part for part in patch["properties"].values())


def test_an_answer_has_every_field_but_the_secret_ones(toys):
    toy = toys["components"]["schemas"]["Toy"]

    assert toy["required"] == list(toy["properties"])
    assert "pin" not in toy["properties"]
    assert toy["properties"]["id"] == {"type": "string", "format": "uuid", "maxLength": 36, "readOnly": True}
    assert toy["properties"]["sold_at"] == {"type": ["string", "null"], "format": "date-time", "maxLength": 40, "readOnly": True}


def test_all_that_an_answer_holds_has_bounds():
    part = {"type": "object", "properties": {"word": {"type": ["string", "null"]}, "count": {"type": "integer"}, "at": {"$ref": "#/x"}}}
    answer = limited({"type": "array", "items": {"anyOf": [{"type": "null"}, part]}})

    assert answer["items"]["anyOf"][1]["properties"] == {
        "word": {"type": ["string", "null"], "maxLength": LONGEST_TEXT, "pattern": r"^[^\u0000]*$"},
        "count": {"type": "integer", "format": "int32", "minimum": 0, "maximum": LARGEST_INTEGER},
        "at": {"$ref": "#/x"},
    }


def test_a_request_gets_no_bounds_that_the_service_does_not_hold():
    sent = {"type": "object", "properties": {"word": {"type": "string"}, "kind": {"type": "string", "enum": ["a"]}}}

    assert limited(sent, answered=False) == sent


def test_an_answer_that_is_one_of_several_objects_is_nothing_else(toys):
    lost = {"readOnly": True, "anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/ToyPart"}]}
    assert toys["components"]["schemas"]["Toy"]["properties"]["lost"] == lost


def test_what_a_problem_tells_of_fields_and_objects_is_open_to_every_name(toys):
    told = toys["components"]["schemas"]["Problem"]["properties"]

    assert (told["errors"]["additionalProperties"], told["current"]["additionalProperties"]) == (True, True)
    assert told["current"]["required"] == list(told["current"]["properties"]) == ["version"]


def test_query_arguments_become_parameters(toys):
    color = {"type": "array", "items": {"type": "string", "enum": ["red", "blue"]}}
    assert {
        "name": "color", "in": "query", "description": "Of any of these.", "required": False, "schema": color, "style": "form", "explode": True,
    } in toys["paths"]["/api/v1/toys"]["get"]["parameters"]  # fmt: skip
    age = {"type": "integer", "format": "int32", "minimum": 1, "maximum": 99}
    parameter = {"name": "age", "in": "query", "description": "", "required": False, "schema": age}
    assert parameter in toys["paths"]["/api/v1/toys/{toy_id}"]["get"]["parameters"]


def test_ids_of_the_address_are_uuids(toys):
    (parameter,) = toys["paths"]["/api/v1/toys/{toy_id}"]["parameters"]

    assert (parameter["name"], parameter["in"], parameter["required"]) == ("toy_id", "path", True)
    assert parameter["schema"] == {"type": "string", "format": "uuid", "maxLength": 36}


def test_operations_are_named_after_their_resource(toys):
    named = {operation["operationId"] for item in toys["paths"].values() for method, operation in item.items() if method in METHODS}

    assert named == {"listToys", "createToy", "getToy", "updateToy", "deleteToy", "mendToy", "getToyPicture"}


def test_docstrings_become_summaries_and_descriptions(toys):
    shown = toys["paths"]["/api/v1/toys/{toy_id}"]["get"]

    assert shown["summary"] == "Show a toy"
    assert shown["description"].startswith("Even a broken one.\n\nIt may take a while.\n\n")


def test_one_of_several_objects_is_told_by_its_tag(toys):
    step = toys["components"]["schemas"]["Work"]["properties"]["steps"]["items"]

    assert step["oneOf"] == [{"$ref": "#/components/schemas/Paint"}]
    assert step["discriminator"] == {"propertyName": "op", "mapping": {"paint": "#/components/schemas/Paint"}}
    assert toys["paths"]["/api/v1/toys/{toy_id}/mend"]["post"]["requestBody"]["content"]["application/json"]["example"] == {
        "steps": [{"op": "paint"}]
    }


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/toys", "get", "200 401 403 422 429 500 503"),
        ("/toys", "post", "201 400 401 403 409 413 415 422 429 500 503"),
        ("/toys/{toy_id}", "get", "200 304 401 404 422 429 500 503"),
        ("/toys/{toy_id}", "patch", "200 400 401 403 404 409 412 413 415 422 428 429 500 503"),
        ("/toys/{toy_id}", "delete", "204 400 401 403 404 409 412 413 415 422 428 429 500 503"),
        ("/toys/{toy_id}/picture", "get", "200 206 304 401 404 416 422 429 500 503"),
        ("/toys/{toy_id}/mend", "post", "204 400 404 409 413 415 422 429 500 503"),
    ],
)
def test_statuses_follow_from_the_contract(toys, path, method, statuses):
    assert " ".join(toys["paths"]["/api/v1" + path][method]["responses"]) == statuses


def test_headers_follow_from_the_contract(toys):
    limited = {"X-Request-ID", "RateLimit-Policy", "RateLimit"}
    collection, detail = toys["paths"]["/api/v1/toys"], toys["paths"]["/api/v1/toys/{toy_id}"]

    assert collection["get"]["responses"]["200"]["headers"].keys() == limited | {"Link", "X-Total-Count"}
    assert collection["post"]["responses"]["201"]["headers"].keys() == limited | {"ETag", "Location", "Idempotency-Replayed"}
    assert detail["patch"]["responses"]["200"]["headers"].keys() == limited | {"ETag"}


def test_a_file_is_bytes_of_its_type_or_a_part_of_them(toys):
    picture = toys["paths"]["/api/v1/toys/{toy_id}/picture"]["get"]
    whole, part = picture["responses"]["200"], picture["responses"]["206"]

    assert whole["content"]["image/png"]["schema"] == {"type": "string", "format": "binary"}
    assert part["content"] == whole["content"]
    assert part["headers"].keys() - whole["headers"].keys() == {"Content-Range"}
    assert {"ETag", "Accept-Ranges", "Content-Disposition"} <= whole["headers"].keys()
    assert {parameter["$ref"].rpartition("/")[2] for parameter in picture["parameters"]} == {"RequestId", "IfNoneMatch", "Range", "IfRange"}


def test_two_schemas_of_one_name_are_an_error():
    other = type("ToySchema", (ObjectSchema,), {})

    class Impostor(Resource):
        @public
        @gives(other())
        def get(self):
            """Show it."""

    app = Flask("toys")
    api = Api(app, prefix="", authenticate=lambda _: None)
    api.add_resource(ToyDetail, "/toys/<toy_id>")
    api.add_resource(Impostor, "/impostor")

    with pytest.raises(ValueError, match="Two schemas are called Toy"):
        Document(app, {}).write({}, [])
