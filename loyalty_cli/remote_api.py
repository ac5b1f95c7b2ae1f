"""The remote API: a running service that a command asks over the network, with an API key, as an integrator would."""

from collections.abc import Callable
from typing import Any

import click

KEY = "LOYALTY_API_KEY"
PREFIXES = ("/api/v1", "/v1")
PATIENCE_SECONDS = 30
Json = dict[str, Any]
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

of_service: Decorator = click.option(
    "--url", required=True, metavar="URL", help="The address of the service, as https://cards.example.com."
)
with_key: Decorator = click.option(
    "--api-key", envvar=KEY, required=True, metavar="KEY", help=f"An API key; best in {KEY}."
)


class RemoteApi:
    """Asks a running API. Every method raises ClickException if it does not answer, or refuses."""

    def __init__(self, url: str, api_key: str) -> None:
        import httpx

        self._client = httpx.Client(
            base_url=address_of(url) + "/v1",
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )

    def get(self, path: str, **query: object) -> Json:
        """Read; the whole answer."""
        return self._ask("GET", path, params={name: value for name, value in query.items() if value is not None})

    def send(self, method: str, path: str, body: Json | None = None) -> Any:  # noqa: ANN401  # any JSON
        """Write; what the answer holds under `data`."""
        return self._ask(method, path, json=body or {})["data"]

    def _ask(self, method: str, path: str, **more: Any) -> Json:  # noqa: ANN401  # httpx's own
        import httpx

        try:
            answer = self._client.request(method, path, **more)
            told: Json = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            message = f"{self._client.base_url} did not answer as an API of this service: {error}"
            raise click.ClickException(message) from error
        if answer.is_error:
            raise click.ClickException(f"{told.get('detail', answer.reason_phrase)} ({told.get('code')})")
        return told


def address_of(url: str) -> str:
    """The address of a service, without the version of its API. Raises BadParameter."""
    address = url.strip().rstrip("/")
    for prefix in PREFIXES:
        address = address.removesuffix(prefix)
    if not address.startswith(("http://", "https://")):
        raise click.BadParameter(f"{url!r} is no address such as https://cards.example.com")
    return address
