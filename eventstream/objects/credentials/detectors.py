"""The expressions of detect-secrets for tokens of known services, run as linear ones.

Its own engine is never asked: Python's expressions go back over what they have read. Of its
detectors those are left out that take any long word for a secret, which here are names.
Source: https://github.com/Yelp/detect-secrets/tree/master/detect_secrets/plugins
"""

from typing import Any

from eventstream.loading import standing_in
from eventstream.objects.credentials.form import Form
from eventstream.objects.credentials.formats import token

with standing_in(
    "requests", Response=object
):  # By which they would try a token out at its service.
    from detect_secrets.plugins.artifactory import ArtifactoryDetector
    from detect_secrets.plugins.aws import AWSKeyDetector
    from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
    from detect_secrets.plugins.cloudant import CloudantDetector
    from detect_secrets.plugins.discord import DiscordBotTokenDetector
    from detect_secrets.plugins.github_token import GitHubTokenDetector
    from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
    from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
    from detect_secrets.plugins.jwt import JwtTokenDetector
    from detect_secrets.plugins.mailchimp import MailchimpDetector
    from detect_secrets.plugins.npm import NpmDetector
    from detect_secrets.plugins.openai import OpenAIDetector
    from detect_secrets.plugins.pypi_token import PypiTokenDetector
    from detect_secrets.plugins.sendgrid import SendGridDetector
    from detect_secrets.plugins.slack import SlackDetector
    from detect_secrets.plugins.softlayer import SoftlayerDetector
    from detect_secrets.plugins.square_oauth import SquareOAuthDetector
    from detect_secrets.plugins.stripe import StripeDetector
    from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
    from detect_secrets.plugins.twilio import TwilioKeyDetector

_DETECTORS: tuple[Any, ...] = (
    *(ArtifactoryDetector, AWSKeyDetector, AzureStorageKeyDetector, CloudantDetector),
    *(DiscordBotTokenDetector, GitHubTokenDetector, GitLabTokenDetector, IbmCosHmacDetector),
    *(JwtTokenDetector, MailchimpDetector, NpmDetector, OpenAIDetector, PypiTokenDetector),
    *(SendGridDetector, SlackDetector, SoftlayerDetector, SquareOAuthDetector, StripeDetector),
    *(TelegramBotTokenDetector, TwilioKeyDetector),
)

_LOOKING_AROUND = {
    "(?:(?<=\\W)|(?<=^))": "(?:^|\\W)",
    "(?!\\w)": "",
    "(?![a-f0-9])": "",
    "{50,1024}": "{50,}",
}
"""What their expressions look at beside a token, and what says as much, or hides more."""


def _form(pattern: str, flags: int) -> Form:
    for theirs, ours in _LOOKING_AROUND.items():
        pattern = pattern.replace(theirs, ours)
    ignoring = "(?i)" if flags & _IGNORE_CASE else ""
    # Their groups serve other ends: the whole match is hidden.
    return Form(f"{ignoring}{pattern}", token)


_IGNORE_CASE = 2
FORMS = tuple(
    _form(each.pattern, each.flags) for detector in _DETECTORS for each in detector.denylist
)
