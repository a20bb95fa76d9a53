// Keeps a page true while it is open. The server tells that something changed, never what: the page
// is asked for again and its content put in place of the old one, with focus and scroll where they
// were. A choice that a reader is making is left alone, and so is a chart that is open; without this module pages only age.

const events = new EventSource("/events");
const banner = document.getElementById("standing");
const root = document.documentElement;
const AGAIN_AFTER = 3000;
let standing = banner.dataset.standing;

function say(what) {
  banner.dataset.standing = what;
  const text = banner.dataset[what] ?? "";
  if (banner.textContent !== text) banner.textContent = text;
}

function choosing() {
  if (document.querySelector("figure[data-open], .explore[aria-busy]") !== null) return true;
  return document.activeElement?.closest("form") !== null && document.activeElement !== document.body;
}

function reachable() {
  return [...document.querySelectorAll("main, main :is(a, button, select, summary, [tabindex])")];
}

// Who is signed out is told so, and nothing more is asked for in their name.
function end() {
  events.close();
  standing = "ended";
  say("ended");
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (answer.status === 401) end();
  // Not now, but perhaps in a moment.
  if (answer.status === 429 || answer.status >= 500) throw new Error("later");
  if (!answer.ok) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = fresh.querySelector("main");
  if (main === null) return false;
  const place = reachable().indexOf(document.activeElement);
  const named = document.activeElement?.id;
  const { scrollX, scrollY } = window;
  for (const one of document.querySelectorAll("main details[open]")) {
    main.querySelector(`#${one.id}`)?.setAttribute("open", "");
  }
  document.querySelector("main").replaceWith(document.adoptNode(main));
  root.dataset.number = fresh.documentElement.dataset.number;
  if (place >= 0) {
    const again = (named && document.getElementById(named)) || reachable()[place];
    again?.focus({ preventScroll: true });
  }
  window.scrollTo({ left: scrollX, top: scrollY, behavior: "instant" });
  return true;
}

let waiting = false;

async function settle(told) {
  const before = standing;
  standing = told.standing;
  if (told.standing !== "live") say(told.standing);
  const news = String(told.number) !== root.dataset.number;
  // A console that was away may be another one since, whatever it counts.
  if (!news && before !== "away") {
    if (told.standing === "live" && before !== "live") say(before === "starting" ? "live" : "back");
  } else if (choosing()) {
    waiting = true;
  } else {
    const fresh = await refresh().catch(() => null);
    if (fresh === null) again(told);
    else if (fresh && told.standing === "live") {
      say(before === "starting" ? "live" : news ? "news" : "back");
    }
  }
}

// The stream may outlive a sleep or a network that went away, and tell what cannot be fetched yet.
function again(told) {
  standing = "away";
  say("away");
  setTimeout(() => newest === told && take({ ...told }), AGAIN_AFTER);
}

// One after the other: a release day brings many messages within a moment.
let queue = Promise.resolve();
let newest = null;

function take(told) {
  newest = told;
  queue = queue.then(async () => {
    if (newest !== told) return;
    await settle(told);
  });
}

function done() {
  setTimeout(() => {
    if (!waiting || choosing()) return;
    waiting = false;
    queue = queue.then(async () => {
      if (await refresh().catch(() => false)) say("news");
    });
  });
}

document.addEventListener("focusout", done);
document.addEventListener("closed", done);
events.addEventListener("standing", (event) => take(JSON.parse(event.data)));
events.addEventListener("error", async () => {
  if (standing === "ended") return;
  standing = "away";
  say("away");
  // A browser gives a stream up for good that was answered with anything but a stream.
  if (events.readyState !== EventSource.CLOSED) return;
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.status === 401) end();
});
