"""Nobody sees the page, or starts a viewer, who has not given the operator's token on this machine's own address."""

from http.cookies import SimpleCookie

import aiohttp
import pytest

from tests.web.conftest import TOKEN, Site

WAYS_IN = ("/", "/ws", "/page.js", "/static/js/textual.js", "/download/key", "/nothing")


@pytest.mark.parametrize("path", WAYS_IN)
async def test_who_is_not_logged_in_is_asked_for_the_token_everywhere(site: Site, path: str) -> None:
    async with site.http.get(path) as answer:
        assert answer.status == 401
        assert "Operator token" in await answer.text()
    assert site.prepared == 0


async def test_a_wrong_token_opens_nothing(site: Site) -> None:
    answer = await site.log_in("guess<b>")
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers
    text = await answer.text()
    assert "That is not the operator's token." in text
    assert "guess" not in text
    assert (await site.http.get("/")).status == 401


@pytest.mark.parametrize("body", [b"", b"token", b"token=%ff%ff", b"\xff\xfe"])
async def test_a_form_that_is_none_is_a_wrong_token(site: Site, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"}
    assert (await site.http.post("/login", data=body, headers=headers)).status == 403


async def test_the_token_opens_the_page_and_stays_out_of_the_browser(site: Site) -> None:
    answer = await site.http.post("/login", data={"token": f" {TOKEN}\n"}, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Strict", "/", "")
    assert cookie["expires"] == cookie["max-age"] == ""
    assert len(cookie.value) >= 32
    page = await site.http.get("/")
    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    everything = f"{dict(answer.headers)}{cookie.OutputString()}{dict(page.headers)}{await page.text()}"
    assert TOKEN not in everything
    assert cookie.value not in await page.text()


async def test_a_token_in_the_address_is_no_login(site: Site) -> None:
    assert (await site.http.get("/", params={"token": TOKEN})).status == 401
    assert (await site.http.get("/login", params={"token": TOKEN})).status == 401
    assert (await site.http.post("/login", params={"token": TOKEN})).status == 403


async def test_each_login_has_a_cookie_of_its_own_and_made_up_ones_count_nothing(site: Site) -> None:
    first = (await site.log_in()).history[0].headers["Set-Cookie"]
    second = (await site.log_in()).history[0].headers["Set-Cookie"]
    assert first != second
    name = next(iter(SimpleCookie(first)))
    for value in ("", "made-up", TOKEN):
        async with aiohttp.ClientSession(site.url) as other:
            assert (await other.get("/", headers={"Cookie": f"{name}={value}"})).status == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}"])
@pytest.mark.parametrize("path", ["/", "/ws"])
async def test_another_host_name_leads_nowhere_even_with_the_cookie(site: Site, host: str, path: str) -> None:
    """A name that was made to point here (DNS rebinding) would make a foreign page one of ours."""
    await site.log_in()
    answer = await site.http.get(path, headers={"Host": host.format(port=site.port)})
    assert answer.status == 421
    login = await site.http.post("/login", data={"token": TOKEN}, headers={"Host": host.format(port=site.port)})
    assert login.status == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"])
async def test_a_foreign_page_cannot_come_in_even_with_the_cookie(site: Site, origin: str) -> None:
    await site.log_in()
    foreign = {"Origin": origin.format(port=site.port)}
    assert (await site.http.get("/", headers=foreign)).status == 403
    assert (await site.http.post("/login", data={"token": TOKEN}, headers=foreign)).status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.tab(**foreign)
    assert refused.value.status == 403


async def test_without_the_cookie_no_viewer_is_started(site: Site) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.tab()
    assert refused.value.status == 401


async def test_localhost_is_a_name_of_this_machine_with_a_socket_of_its_own(site: Site) -> None:
    """The cookie of one name is not sent to the other."""
    own = {"Host": f"localhost:{site.port}", "Origin": f"http://localhost:{site.port}"}
    assert (await site.http.post("/login", data={"token": TOKEN}, headers=own, allow_redirects=False)).status == 303
    page = await (await site.http.get("/", headers=own)).text()
    assert f"ws://localhost:{site.port}/ws" in page
