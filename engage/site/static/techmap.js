// The map works without this file. It moves the picture without loading a page, and marks names while they are typed.

const map = document.querySelector("[data-techmap]");
const buttons = document.querySelector("[data-techmap-buttons]");
const [WIDTH, HEIGHT, DEEPEST] = [1250, 1000, 16];

/** The part of the map that is seen. */
class View {
  constructor(svg) {
    this.svg = svg;
    const box = svg.viewBox.baseVal;
    this.zoom = WIDTH / box.width;
    this.x = box.x + box.width / 2;
    this.y = box.y + box.height / 2;
  }

  show() {
    this.zoom = Math.min(Math.max(this.zoom, 1), DEEPEST);
    const [width, height] = [WIDTH / this.zoom, HEIGHT / this.zoom];
    this.x = Math.min(Math.max(this.x, width / 2), WIDTH - width / 2);
    this.y = Math.min(Math.max(this.y, height / 2), HEIGHT - height / 2);
    this.svg.setAttribute("viewBox", `${this.x - width / 2} ${this.y - height / 2} ${width} ${height}`);
    this.svg.style.setProperty("--techmap-zoom", String(Math.pow(this.zoom, -0.85)));
    for (const [name, button] of actions) {
      button.disabled = name === "Zoom in" ? this.zoom >= DEEPEST : this.zoom <= 1;
    }
  }

  move(name) {
    const step = 0.3;
    if (name === "Zoom in") this.zoom *= 1.6;
    if (name === "Zoom out") this.zoom /= 1.6;
    if (name === "Move left") this.x -= (step * WIDTH) / this.zoom;
    if (name === "Move right") this.x += (step * WIDTH) / this.zoom;
    if (name === "Move up") this.y -= (step * HEIGHT) / this.zoom;
    if (name === "Move down") this.y += (step * HEIGHT) / this.zoom;
    if (name === "Whole map") this.zoom = 1;
    this.show();
  }
}

const SIGNS = {
  "Zoom in": "+",
  "Zoom out": "−",
  "Move left": "←",
  "Move right": "→",
  "Move up": "↑",
  "Move down": "↓",
  "Whole map": "Whole map",
};
const KEYS = {
  "+": "Zoom in",
  "=": "Zoom in",
  "-": "Zoom out",
  "0": "Whole map",
  ArrowLeft: "Move left",
  ArrowRight: "Move right",
  ArrowUp: "Move up",
  ArrowDown: "Move down",
};
const actions = new Map();

/** Replace the links that load a page by buttons: everything in view is on the page already. */
function enliven() {
  const view = new View(map);
  buttons.replaceChildren();
  for (const [name, sign] of Object.entries(SIGNS)) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    if (sign !== name) button.setAttribute("aria-label", name);
    button.addEventListener("click", () => view.move(name));
    item.append(button);
    buttons.append(item);
    actions.set(name, button);
  }
  map.addEventListener("keydown", (event) => {
    const name = KEYS[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    view.move(name);
  });
  drag(view);
  view.show();
}

/** Move the picture with the mouse or a finger once it is enlarged; a click on a mark still follows its link. */
function drag(view) {
  let from = null;
  let moved = false;
  map.addEventListener("pointerdown", (event) => {
    moved = false;
    from = event.button === 0 && view.zoom > 1 ? [event.clientX, event.clientY] : null;
  });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [x, y] = [event.clientX - from[0], event.clientY - from[1]];
    if (!moved && Math.hypot(x, y) < 6) return;
    moved = true;
    const scale = WIDTH / view.zoom / map.clientWidth;
    view.x -= x * scale;
    view.y -= y * scale;
    from = [event.clientX, event.clientY];
    view.show();
  });
  window.addEventListener("pointerup", () => (from = null));
  map.addEventListener("dragstart", (event) => event.preventDefault());
  map.addEventListener("click", (event) => moved && event.preventDefault(), true);
}

/** While words are typed, marks whose title has none of them step back. The button asks the whole map. */
function highlight(field) {
  const status = document.querySelector("[data-techmap-status]");
  const told = status.innerHTML;
  const marks = [...map.querySelectorAll(".techmap-mark")].map((mark) => [
    mark,
    mark.getAttribute("aria-label").toLocaleLowerCase("en"),
  ]);
  let waiting = 0;
  const mark = () => {
    const words = field.value.toLocaleLowerCase("en").split(/\s+/).filter(Boolean);
    let found = 0;
    for (const [element, title] of marks) {
      const meant = words.length > 0 && words.every((word) => title.includes(word));
      found += meant ? 1 : 0;
      element.classList.toggle("techmap-mark--meant", meant);
      element.classList.toggle("techmap-mark--other", words.length > 0 && !meant);
    }
    if (words.length === 0) status.innerHTML = told;
    else status.textContent = `${found} of ${marks.length} marks in the picture have these words. “Show” also looks in what they wrote.`;
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(mark, 150);
  });
}

if (map && buttons && map.dataset.complete === "yes") enliven();
const field = document.querySelector("[data-techmap-words] input");
if (map && field) highlight(field);
