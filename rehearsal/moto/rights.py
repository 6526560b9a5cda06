"""Who may do what in the rehearsal's AWS: moto's own check of IAM, with three changes.

- The key `rehearsal` is the account's root, which nobody refuses anything. Every other key belongs
  to a user, or to nobody and is refused.
- moto knows actions only. What a policy says of resources and conditions is not looked at, where moto
  would take each condition for one that is not met: what is allowed under conditions is allowed, what
  is denied under conditions (such as calls without TLS, which all calls are here) is not denied.
- A refusal has AWS's form and words, EC2's own code among them.
"""

import json
import re
from xml.sax.saxutils import escape

from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import _RESTError
from moto.iam import access_control
from moto.iam.access_control import IAMPolicyStatement, IAMRequest, PermissionResult

ROOT = "rehearsal"
# The front door sets it on calls whose text it has changed, which their signature no longer fits.
CHANGED = "X-Rehearsal-Changed"


class Refused(_RESTError):
    """As the service would say it. S3 has a form of its own in moto."""

    def __init__(self, service, code, message, status):
        super().__init__(code, message)
        self.code = status
        if service == "scheduler":
            self.content_type = "application/json"
            self.description = json.dumps({"__type": code, "message": message})
            return
        error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        self.description = (
            f"<Response><Errors><Error>{error}</Error></Errors><RequestID>rehearsal</RequestID></Response>"
            if service == "ec2"
            else f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
            "<RequestId>rehearsal</RequestId></ErrorResponse>"
        )


def denial(user, action):
    because = f"because no identity-based policy allows the {action} action"
    return f"User: {user} is not authorized to perform: {action} {because}"


def refuse_action(request):
    denied = denial(request._access_key.arn, request._action)
    if request._service == "ec2":
        general = "You are not authorized to perform this operation."
        raise Refused("ec2", "UnauthorizedOperation", f"{general} {denied}", 403)
    # https://docs.aws.amazon.com/scheduler/latest/APIReference/CommonErrors.html
    code = "AccessDeniedException" if request._service == "scheduler" else "AccessDenied"
    raise Refused(request._service, code, denied, 403)


def refuse_key(request, _reason):
    if request._service == "ec2":
        message = "AWS was not able to validate the provided access credentials"
        raise Refused("ec2", "AuthFailure", message, 401)
    message = "The security token included in the request is invalid."
    raise Refused(request._service, "InvalidClientTokenId", message, 403)


def refuse_signature(request):
    if request._service == "ec2":
        refuse_key(request, "")
    message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method."
    )
    raise Refused(request._service, "SignatureDoesNotMatch", message, 403)


def by_action(statement, action, *_others):
    """A statement's answer: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html"""
    told = statement._statement
    actions = told.get("Action", [])
    patterns = [actions] if isinstance(actions, str) else actions
    # AWS takes capital and small letters for the same.
    concerned = any(
        re.fullmatch(
            re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), action, re.IGNORECASE
        )
        for pattern in patterns
    )
    if not concerned or (told["Effect"] == "Deny" and "Condition" in told):
        return PermissionResult.NEUTRAL
    return PermissionResult.PERMITTED if told["Effect"] == "Allow" else PermissionResult.DENIED


def refusal(account, key, action):
    """Why an action is refused to an access key, in AWS's words; nothing where it is allowed."""
    if key == ROOT:
        return ""
    try:
        owner = access_control.create_access_key(account, "aws", key, {})
    except access_control.CreateAccessKeyFailure:
        return "The security token included in the request is invalid."
    answers = [
        access_control.IAMPolicy(policy).is_action_permitted(action, "*")
        for policy in owner.collect_policies()
    ]
    if PermissionResult.PERMITTED in answers and PermissionResult.DENIED not in answers:
        return ""
    return denial(owner.arn, action)


def enforce():
    """From now on every call needs a key of the account, and the right to it."""
    check = ActionAuthenticatorMixin._authenticate_and_authorize_action
    check_signature = access_control.IAMRequestBase.check_signature

    def but_for_root(response, request_class, resource="*"):
        signed = response.headers.get("Authorization", "")
        if f"Credential={ROOT}/" not in signed:
            check(response, request_class, resource)

    def but_for_changed(request):
        if CHANGED not in request._headers:
            check_signature(request)

    ActionAuthenticatorMixin._authenticate_and_authorize_action = but_for_root
    access_control.IAMRequestBase.check_signature = but_for_changed
    IAMRequest._raise_access_denied = refuse_action
    IAMRequest._raise_invalid_access_key = refuse_key
    IAMRequest._raise_signature_does_not_match = refuse_signature
    IAMPolicyStatement.is_action_permitted = by_action
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
