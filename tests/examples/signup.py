"""Sign-up with a verification code, in Flask."""

import hmac
import secrets

from examples.gateways import Gateway, Unsure
from flask import Flask, request

ACCEPTED = "0"


def create_app(gateway: Gateway) -> Flask:
    """Create the application. It keeps codes in memory."""
    app = Flask(__name__)
    codes: dict[str, str] = {}

    @app.post("/codes")
    def send_code() -> tuple[str, int]:
        phone = request.form["phone"]
        code = f"{secrets.randbelow(1_000_000):06}"
        # Stored before sending: the code may arrive although the answer does not.
        codes[phone] = code
        try:
            answered = gateway.send([phone], f"您的验证码是{code}。【签名】", linkid=secrets.token_hex(8))
        except Unsure:
            return "if no code arrives, request another in a minute", 503
        if answered.get(phone) != ACCEPTED:
            del codes[phone]
            return "no code can be sent to this number", 422
        return "sent", 202

    @app.post("/accounts")
    def sign_up() -> tuple[str, int]:
        code = codes.get(request.form["phone"], "")
        if not code or not hmac.compare_digest(code, request.form["code"]):
            return "wrong code", 403
        del codes[request.form["phone"]]
        return "welcome", 201

    return app
