"""A campaign is made in steps: agent, contacts, numbers, hours, dry run, start; what was entered is kept as a draft."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from models import Scope
from tests.conftest import Install
from tests.installation import Client
from tests.telephony.sipp import free_port
from tests.web.conftest import Browsers, DemoClients, choose_option, tab_to
from tests.web.test_campaigns import create_campaign
from tests.web.test_which_number import agent_of

OWN, OTHER_OWN, BORROWED = "+12065550100", "+12065550101", "+15551234567"
SETTINGS = """query($id: ID!) { campaign(id: $id) {
  name revision status agentNumber initialContext defaultTimeZone closedDates callsPerMinute
  pool { e164 callsPerDay maxConcurrentCalls } windows { days opens closes }
  retries { maxAttempts delays { outcome minutes } } statistics { contacts } } }"""


@pytest.fixture
def clinics(demo: DemoClients) -> Client:
    return demo["Harbor Clinics"]


def settings_of(client: Client, campaign: str) -> dict[str, Any]:
    found: dict[str, Any] = client(SETTINGS, id=campaign)["campaign"]
    return found


def open_step(browsers: Browsers, client: Client, campaign: str, step: str) -> Page:
    page = browsers.sign_in(client, f"/campaigns/{campaign}/setup?step={step}")
    expect(page.get_by_role("navigation", name="Steps").locator("[aria-current=step]")).to_be_visible()
    return page


def expect_step(page: Page, name: str) -> None:
    """Expect a step to be open, with the focus on its heading."""
    expect(page.get_by_role("heading", name=name, exact=True, level=1)).to_be_focused()


def submit(page: Page) -> None:
    page.get_by_role("button", name="Save and continue").click()


def campaign_in(page: Page) -> str:
    found = re.search("cmp_[a-z0-9]+", page.url)
    assert found
    return found[0]


def bars(page: Page, caption: str) -> Locator:
    return page.get_by_role("table", name=caption).locator("tbody tr")


def test_a_draft_exists_from_the_first_step_on(clinics: Client, browsers: Browsers) -> None:
    page = browsers.sign_in(clinics, "/campaigns/new")
    page.get_by_label("Name").fill("Spring check-ups")
    choose_option(page, "Agent", "Front desk")
    expect(page.get_by_label("Version")).to_contain_text("newest published")
    page.get_by_label("What the agent is told").fill("The yearly check-up.")
    page.get_by_role("button", name="Create draft").click()
    expect_step(page, "Contacts")
    campaign = campaign_in(page)
    found = settings_of(clinics, campaign)
    assert (found["name"], found["status"], found["initialContext"]) == (
        "Spring check-ups",
        "DRAFT",
        "The yearly check-up.",
    )
    page.reload()
    page.get_by_role("button", name="Back").click()
    expect_step(page, "Agent")
    expect(page.get_by_label("Name")).to_have_value("Spring check-ups")
    expect(page.get_by_role("combobox", name="Agent", exact=True)).to_have_value("Front desk")


def test_r16_typed_contacts_are_accepted_or_refused_by_themselves(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "contacts")
    expect(page.get_by_text("1 contact in the campaign")).to_be_visible()
    page.get_by_label("Numbers", exact=True).fill("+1 206 555 0142, p1\n\n2065550143\n+12065550199")
    page.get_by_role("button", name="Add 3 contacts").click()
    expect(page.get_by_text("1 added or changed, 1 there already, 1 refused.")).to_be_visible()
    expect(page.locator(".refused-rows tbody tr")).to_have_text(re.compile("^3.*2065550143.*no country code"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    assert saved.value.path().read_text().startswith("line,number,message\n3,2065550143,")
    expect(page.get_by_text("2 contacts in the campaign")).to_be_visible()
    page.get_by_label("Numbers without +").select_option(label="United States")
    page.get_by_role("button", name="Add 3 contacts").click()
    expect(page.get_by_text("1 added or changed, 2 there already.")).to_be_visible()
    expect(page.get_by_label("Numbers", exact=True)).to_have_value("")
    expect(page.get_by_text("3 contacts in the campaign")).to_be_visible()


def test_r16_a_table_is_pasted_with_variables_and_all_else(clinics: Client, browsers: Browsers) -> None:
    """Its columns are those of a file; a row that is wrong is told before it is sent, or by the server."""
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "contacts")
    table = [
        "e164\texternalId\ttimeZone\tagentNumber\tnotBefore\tname",
        f"+12065550142\tp1\tAmerica/Denver\t{OWN}\t2031-12-01T09:00\tAnn, jr.",
        "+12065550143\tp2\t\t\tsoon\tBob",
        "+12065550144\tp3\tMars/Base\t\t\tCid",
    ]
    page.get_by_label("Numbers", exact=True).fill("\n".join(table))
    expect(page.get_by_text("variables: name.")).to_be_visible()
    page.get_by_role("button", name="Add 3 contacts").click()
    expect(page.get_by_text("1 added or changed, 2 refused.")).to_be_visible()
    expect(page.locator(".refused-rows tbody tr")).to_have_text(
        [re.compile("^3.*no time"), re.compile("^4.*Mars/Base")]
    )


def test_r16_a_contact_that_is_there_is_refused_where_that_is_chosen(clinics: Client, browsers: Browsers) -> None:
    """As is chosen, for typed contacts and a file's alike."""
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "contacts")
    page.get_by_label("A contact that is there already").select_option(label="Refuse the new one")
    page.get_by_label("Numbers", exact=True).fill("+12065550199, p1")
    page.get_by_role("button", name="Add 1 contact").click()
    expect(page.get_by_text("0 added or changed, 1 refused.")).to_be_visible()
    page.get_by_text("CSV file", exact=True).click()
    expect(page.get_by_label("A contact that is there already")).to_have_value("REFUSE")
    send_file(page, "e164,externalId\n+12065550199,p1\n")
    expect(page.get_by_text("0 added or changed, 1 refused.")).to_be_visible()


def test_r16_a_file_is_sent_and_its_refused_rows_are_shown(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "contacts")
    page.get_by_text("CSV file", exact=True).click()
    rows = "".join(f"+12065551{line:03},p{line},Seattle\n" for line in range(40))
    send_file(page, f"e164,externalId,city\n{rows}nobody,p99,Nowhere\n")
    expect(page.get_by_text("40 added or changed, 1 refused.")).to_be_visible()
    expect(page.locator(".refused-rows tbody tr")).to_contain_text("nobody")
    expect(page.get_by_text("41 contacts in the campaign")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    assert "nobody" in saved.value.path().read_text()


def send_file(page: Page, text: str) -> None:
    file: Any = {"name": "contacts.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Send file").click()


def test_what_is_wrong_with_a_file_is_said(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("status of 4")
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "contacts")
    page.get_by_text("CSV file", exact=True).click()
    send_file(page, "phone,city\n+12065550142,Seattle\n")
    expect(page.get_by_role("alert")).to_contain_text("No column of the first line is named e164.")
    expect(page.get_by_role("button", name="Send it again")).to_be_visible()


def test_r20_a_pool_of_own_and_borrowed_numbers_with_caps(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "numbers")
    page.get_by_text("A pool", exact=True).click()
    page.get_by_role("checkbox", name="+1 206 555 0100").check()
    page.get_by_role("checkbox", name="+1 555 123 4567 borrowed from Northwind").check()
    page.get_by_label("Calls a day from +1 206 555 0100").fill("40")
    page.get_by_label("Calls at once from +1 206 555 0100").fill("2")
    expect(page.get_by_text("2 numbers, which make at most 140 calls in any 24 hours.")).to_be_visible()
    submit(page)
    expect_step(page, "Hours")
    assert settings_of(clinics, campaign)["pool"] == [
        {"e164": OWN, "callsPerDay": 40, "maxConcurrentCalls": 2},
        {"e164": BORROWED, "callsPerDay": 100, "maxConcurrentCalls": None},
    ]
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Calls a day from +1 206 555 0100")).to_have_value("40")


def test_one_number_or_that_of_the_agent(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "numbers")
    page.get_by_text("One number", exact=True).click()
    page.get_by_label("Number", exact=True).fill("12")
    submit(page)
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Number", exact=True).fill("+1 206 555 0101")
    submit(page)
    expect_step(page, "Hours")
    assert settings_of(clinics, campaign)["agentNumber"] == OTHER_OWN
    page.get_by_role("button", name="Back").click()
    page.get_by_text("By the agent", exact=True).click()
    submit(page)
    expect_step(page, "Hours")
    assert settings_of(clinics, campaign)["agentNumber"] is None


def test_r17_r18_r19_hours_retries_and_pace(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "hours")
    expect(page.get_by_text("Monday to Friday, 09:00 to 20:00, in the contact")).to_be_visible()
    page.get_by_role("checkbox", name="Friday").uncheck()
    page.get_by_role("button", name="Add hours").click()
    page.get_by_label("Window 2 closes").fill("13:30")
    expect(page.get_by_text("Monday to Thursday, 09:00 to 20:00; Saturday, 10:00 to 13:30")).to_be_visible()
    page.get_by_label("Closed on").fill("2030-12-24")
    page.get_by_role("button", name="Add date").click()
    page.get_by_label("Where no time zone is known").fill("America/New_York")
    page.get_by_label("Attempts at most").fill("2")
    page.get_by_label("After: busy").select_option(label="again in 1 hour")
    page.get_by_label("After: voicemail").select_option(label="never again")
    page.get_by_label("Calls a minute").fill("30")
    submit(page)
    expect_step(page, "Dry run")
    found = settings_of(clinics, campaign)
    assert found["windows"] == [
        {"days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY"], "opens": "09:00", "closes": "20:00"},
        {"days": ["SATURDAY"], "opens": "10:00", "closes": "13:30"},
    ]
    assert (found["closedDates"], found["defaultTimeZone"]) == (["2030-12-24"], "America/New_York")
    assert (found["retries"]["maxAttempts"], found["callsPerMinute"]) == (2, 30)
    delays = {each["outcome"]: each["minutes"] for each in found["retries"]["delays"]}
    assert (delays["BUSY"], delays["VOICEMAIL"], delays["NO_ANSWER"]) == (60, 0, 240)


def test_what_is_refused_stays_to_be_corrected(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "hours")
    page.get_by_label("Where no time zone is known").fill("Mars/Olympus")
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("'Mars/Olympus' is no time zone.")
    expect(page.get_by_label("Where no time zone is known")).to_have_attribute("aria-invalid", "true")


def test_a_step_is_saved_whichever_way_it_is_left(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "hours")
    page.get_by_label("Calls a minute").fill("7")
    page.get_by_role("link", name="Start").click()
    expect_step(page, "Start")
    assert settings_of(clinics, campaign)["callsPerMinute"] == 7


def test_r22_somebody_elses_change_is_not_overwritten(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "hours")
    page.get_by_label("Calls a minute").fill("7")
    clinics.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, callsPerMinute=5)
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed this campaign")
    assert settings_of(clinics, campaign)["callsPerMinute"] == 5
    page.get_by_role("button", name="Load their version").click()
    expect(page.get_by_label("Calls a minute")).to_have_value("5")
    page.get_by_label("Calls a minute").fill("7")
    submit(page)
    expect_step(page, "Dry run")
    assert settings_of(clinics, campaign)["callsPerMinute"] == 7


def test_r22_the_agent_stays_while_it_runs(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups", agentId=agent_of(clinics, "Front desk"))
    clinics.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
    page = open_step(browsers, clinics, campaign, "agent")
    expect(page.get_by_text("While the campaign runs its agent stays.")).to_be_visible()
    page.get_by_label("Name").fill("Check-ups in spring")
    submit(page)
    expect_step(page, "Contacts")
    assert settings_of(clinics, campaign)["name"] == "Check-ups in spring"


def test_r25_the_dry_run_is_shown_as_bars(clinics: Client, browsers: Browsers) -> None:
    agent = agent_of(clinics, "Front desk")
    campaign = create_campaign(clinics, "Check-ups", agentId=agent, agentNumber=OWN)
    contacts = [{"e164": f"+12125550{line}"} for line in range(110, 113)] + [{"e164": "+15552340142"}]
    clinics.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=contacts)
    page = open_step(browsers, clinics, campaign, "dry-run")
    expect(page.get_by_role("region", name="What would happen")).to_contain_text("4 of 5 contacts would be called")
    expect(bars(page, "By the number of their next call")).to_have_text("+1 206 555 01004")
    expect(bars(page, "By time zone")).to_have_text(
        [re.compile(r"New York\s*open.*3$"), re.compile(r"Los Angeles\s*open.*1$")]
    )
    expect(bars(page, "Refused, and why")).to_have_text(re.compile("time zone.*1$"))
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_text("What the estimate takes for granted").click()
    page.get_by_label("Seconds of a call").fill("120")
    page.get_by_role("button", name="Estimate again").click()
    expect(page.get_by_text("a call takes 120 seconds")).to_be_visible()


def test_r25_what_is_missing_leads_to_the_step_that_mends_it(clinics: Client, browsers: Browsers) -> None:
    made = clinics.mutate_successfully("createCampaign", "campaign { id }", name="Empty")
    page = open_step(browsers, clinics, made["campaign"]["id"], "dry-run")
    missing = page.get_by_role("alert")
    expect(missing.get_by_role("heading", name="Before it can start")).to_be_visible()
    expect(missing.get_by_role("link", name="Go to Agent")).to_be_visible()
    missing.get_by_role("link", name="Go to Contacts").click()
    expect_step(page, "Contacts")


def test_it_is_started_and_followed(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups", agentId=agent_of(clinics, "Front desk"))
    page = open_step(browsers, clinics, campaign, "start")
    page.get_by_role("button", name="Start the campaign").click()
    expect(page.get_by_role("heading", name="Check-ups", exact=True)).to_be_visible()
    expect(page.locator(".campaign-status")).to_have_text("Running")


def test_one_test_call_first(install: Install, browsers: Browsers) -> None:
    """From the campaign's number with its agent, and live to its end."""
    carrier = f"127.0.0.1:{free_port()}"
    caller = install(dialing="on", private_carriers="allow", sandbox_carrier=carrier).root()
    trunk = caller.mutate_successfully("createTrunk", "trunk { id }", name="Sandbox", outbound={"address": carrier})
    number = caller.number(trunk=trunk["trunk"]["id"])
    version = caller.version(caller.agent())
    campaign = create_campaign(caller, "Check-ups", agentVersionId=version, pool=[{"e164": number.e164}])
    page = open_step(browsers, caller, campaign, "start")
    page.get_by_label("Call", exact=True).fill("+12065550100")
    page.get_by_role("button", name="Call me").click()
    status = page.locator(".test-call .status")
    expect(status).to_have_text("In progress", timeout=60_000)
    (call,) = caller("{ conversations { nodes { agentNumber userNumber agentVersion { id } } } }")["conversations"][
        "nodes"
    ]
    assert call == {"agentNumber": number.e164, "userNumber": "+12065550100", "agentVersion": {"id": version}}
    page.get_by_role("button", name="Hang up").click()
    expect(status).to_have_text("Completed: hung up", timeout=60_000)


def test_the_keyboard_alone_is_enough(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups")
    page = open_step(browsers, clinics, campaign, "hours")
    expect_step(page, "Hours")
    tab_to(page, page.get_by_role("checkbox", name="Monday"))
    page.keyboard.press("Space")
    expect(page.get_by_text("Tuesday to Friday, 09:00 to 20:00")).to_be_visible()
    page.get_by_label("Calls at once").focus()
    page.keyboard.press("Enter")
    expect_step(page, "Dry run")


def test_r15_a_key_that_may_only_read_is_told(clinics: Client, browsers: Browsers) -> None:
    reader = clinics.with_scopes(Scope.CAMPAIGNS_READ)
    page = browsers.sign_in(reader, "/campaigns/new")
    expect(page.get_by_role("heading", name="Your key may not change campaigns")).to_be_visible()


def test_r15_a_key_without_other_scopes_can_set_a_campaign_up(clinics: Client, browsers: Browsers) -> None:
    campaign = create_campaign(clinics, "Check-ups", agentNumber=OWN)
    page = open_step(browsers, clinics.with_scopes(Scope.CAMPAIGNS_MANAGE), campaign, "agent")
    expect(page.get_by_label(re.compile("^Version"))).to_be_visible()
    page.get_by_role("link", name="Numbers").click()
    expect_step(page, "Numbers")
    expect(page.get_by_label("Number", exact=True)).to_have_value(OWN)
    page.get_by_role("link", name="Start").click()
    expect(page.get_by_text("A test call takes a key with the scope CONVERSATIONS_MANAGE.")).to_be_visible()
