// Opens a chart: in place of its picture the same drawing alive, with numbers under the pointer and
// scales that can be zoomed. What draws is Vega, bundled by vl-convert; it is loaded when somebody
// asks for it first. Its expressions are interpreted, never compiled, and its style is ours, so the
// pages' policy stays as it is. Pressing again, or Escape, gives the picture back.
//
// Dragging and the wheel have buttons beside them. Who does not point reads the same numbers in the
// table beside every chart.

const told = document.getElementById("explore").dataset;
const dark = matchMedia("(prefers-color-scheme: dark)");
const slim = matchMedia("(max-width: 45rem)");
const TOOLTIP = "tooltip";
const STEP = 0.25;
const MOVES = {
  in: [0.5, 0, 0],
  out: [2, 0, 0],
  left: [1, -STEP, 0],
  right: [1, STEP, 0],
  up: [1, 0, -STEP],
  down: [1, 0, STEP],
};

let open = null;
let asked = null;

document.documentElement.classList.add("scripted");

async function loaded(button) {
  const drawing = button.dataset[slim.matches ? "narrow" : "chart"];
  const address = `/charts/${drawing}-${dark.matches ? "dark" : "light"}.json`;
  const [{ vegaEmbed }, answer] = await Promise.all([import(told.vega), fetch(address)]);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return [vegaEmbed, await answer.json()];
}

async function draw(figure, vegaEmbed, specification) {
  const tip = document.createElement("div");
  tip.id = TOOLTIP;
  tip.className = "tip";
  figure.append(tip);
  figure.dataset.open = "";
  const { numbers, zooms } = specification.usermeta;
  const made = await vegaEmbed(figure.querySelector(".alive"), specification, {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    ast: true,
    defaultStyle: false,
    formatLocale: numbers,
    tooltip: { id: TOOLTIP, theme: "our", disableDefaultStyle: true },
  });
  // The place has words of its own, so what is drawn there need not be read out piece by piece.
  figure.querySelector(".alive svg").setAttribute("aria-hidden", "true");
  open = { figure, tip, zooms, made };
}

async function explore(button) {
  close();
  const figure = button.closest("figure");
  const problem = figure.querySelector(".problem");
  asked = figure;
  problem.textContent = "";
  button.setAttribute("aria-busy", "true");
  try {
    const [vegaEmbed, specification] = await loaded(button);
    // Meanwhile another one may have been asked for, or none any more.
    if (asked === figure) {
      await draw(figure, vegaEmbed, specification);
      button.setAttribute("aria-pressed", "true");
    }
  } catch {
    delete figure.dataset.open;
    problem.textContent = told.failed;
  } finally {
    button.removeAttribute("aria-busy");
    if (asked === figure) asked = null;
    if (open === null) document.dispatchEvent(new Event("closed"));
  }
}

function close() {
  asked = null;
  if (open === null) return;
  const { figure, tip, made } = open;
  const button = figure.querySelector(".explore");
  const inside = figure.contains(document.activeElement);
  open = null;
  made.finalize();
  tip.remove();
  figure.querySelector(".alive").replaceChildren();
  delete figure.dataset.open;
  button.setAttribute("aria-pressed", "false");
  if (inside) button.focus({ preventScroll: true });
  // What came meanwhile may be shown now.
  document.dispatchEvent(new Event("closed"));
}

// The ends of a scale, once it shows another part of what it runs over. On the screen: so it is the
// same for scales from right to left, and from the bottom up.
function ends(scale, factor, shift) {
  const range = scale.range();
  const middle = (range[0] + range[1]) / 2;
  const way = Math.abs(range[1] - range[0]) * shift;
  return range.map((at) => scale.invert(middle + (at - middle) * factor + way));
}

async function move(name) {
  const { view } = open.made;
  const [factor, across, upright] = MOVES[name] ?? [];
  for (const [channel, signal] of Object.entries(open.zooms)) {
    const shift = channel === "x" ? across : upright;
    view.signal(signal, factor === undefined ? null : ends(view.scale(channel), factor, shift));
  }
  await view.runAsync();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (button?.matches(".explore")) {
    if (open?.figure === button.closest("figure")) close();
    else await explore(button);
  } else if (button?.dataset.move && open !== null) {
    await move(button.dataset.move);
  } else if (event.target.closest(".alive") !== null) {
    // A finger points by tapping, and Vega knows of pointers that move alone.
    const { clientX, clientY } = event;
    event.target.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX, clientY }));
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
dark.addEventListener("change", close);
