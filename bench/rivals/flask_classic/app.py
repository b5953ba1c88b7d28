"""Flask-RESTful as most tutorials teach it, on Tickbox's tables: what Tickbox's own stack costs when nobody looks at the costs.

It stands for the classic way: entities of Flask-SQLAlchemy, `Schema.dump` of marshmallow, reqparse for the query string, and a
user that Flask-JWT-Extended looks up in each request.
"""

import os

from flask import Flask
from flask_jwt_extended import JWTManager
from flask_restful import Api
from jwt.exceptions import InvalidTokenError
from models import User, db
from resources import TodoBatch, TodoDetail, TodoList

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 4, "connect_args": {"options": "-c timezone=UTC"}}
app.config["JWT_SECRET_KEY"] = os.environ["JWT_SECRET_KEY"]
app.config["JWT_DECODE_ISSUER"] = "tickbox"
app.config["JWT_DECODE_AUDIENCE"] = "tickbox"
app.config["PROPAGATE_EXCEPTIONS"] = True  # so that Flask-RESTful leaves the errors of Flask-JWT-Extended to it

db.init_app(app)
jwt = JWTManager(app)

api = Api(app, prefix="/api/v1")
api.add_resource(TodoList, "/todos")
api.add_resource(TodoBatch, "/todos/batch")
api.add_resource(TodoDetail, "/todos/<uuid:todo_id>")


@jwt.decode_key_loader
def key_for(header, claims):
    if "type" not in claims:  # Flask-JWT-Extended would take it for an access token
        raise InvalidTokenError("Not an access token.")
    return app.config["JWT_SECRET_KEY"]


@jwt.token_verification_loader
def is_access_token(header, claims):
    return claims["type"] == "access" and "exp" in claims


@jwt.user_lookup_loader
def look_up_user(header, claims):
    user = db.session.get(User, claims["sub"])
    return user if user and user.active else None


@jwt.invalid_token_loader
def refuse_invalid(reason):
    return {"message": reason}, 401


@jwt.token_verification_failed_loader
def refuse_other(header, claims):
    return {"message": "Not an access token."}, 401
