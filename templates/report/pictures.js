// Makes the plots of this page interactive: values under the pointer, zoom, and a drawing as wide as its place.
// Without it they stay as they are. `memnet/report/canvas.py` writes the attributes that it reads.
"use strict";
(() => {
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const LEAST = 1 / 400; // of a plot's box, that can be enlarged to the whole of it
  const NEAR = 30; // pixels between the pointer and a value that is shown
  const PAPER = 700; // pixels, the width of a sheet

  const create = (name, attributes, parent) => {
    const element = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return parent.appendChild(element);
  };
  const tip = document.body.appendChild(document.createElement("div"));
  tip.className = "tip";
  tip.setAttribute("role", "status");
  const hide = () => { tip.style.visibility = "hidden"; };
  const show = (text, x, y) => {
    tip.textContent = text;
    const left = Math.min(x + 14, innerWidth - tip.offsetWidth - 4);
    const top = y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 10 : y + 18;
    Object.assign(tip.style, { left: `${Math.max(4, left)}px`, top: `${top}px`, visibility: "visible" });
  };
  // Measures texts of ticks without a layout of the page, which asking an element for its width would bring about.
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const short = (value) => String(+value.toPrecision(4));

  // Values between low and high that are multiples of 1, 2 or 5 times a power of ten, about `count` of them.
  const roundTicks = (low, high, count) => {
    const raw = (high - low) / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw * 0.999);
    const ticks = [];
    for (let index = Math.ceil(low / step - 1e-9); index <= Math.floor(high / step + 1e-9); index++) {
      ticks.push([index * step, step]);
    }
    return ticks;
  };

  class Axis {
    constructor(data, name) {
      [this.low, this.high] = data[name].split(" ").map(Number);
      this.kind = data[`${name}Kind`];
      this.label = data[`${name}Label`];
      this.named = JSON.parse(data[`${name}Ticks`] || "[]");
      [, this.what, this.unit] = this.label.match(/^(.*?)\s*(?:\[(.*)\])?$/);
    }
    text(value, step) {
      const shown = this.kind === "share" ? value * 100 : value;
      const places = Math.max(0, Math.min(12, -Math.floor(Math.log10(this.kind === "share" ? step * 100 : step) + 1e-9)));
      const plain = Math.abs(shown) < 1e5 && places < 6;
      return (plain ? shown.toFixed(places) : shown.toExponential(2)) + (this.kind === "share" ? "%" : "");
    }
    ticks(low, high, count) {
      if (this.kind === "name") return this.named.filter(([value]) => value >= Math.min(low, high) && value <= Math.max(low, high));
      const wanted = (value) => this.kind !== "count" || Math.abs(value - Math.round(value)) < 1e-9;
      return roundTicks(Math.min(low, high), Math.max(low, high), count).filter(([value]) => wanted(value))
        .map(([value, step]) => [value, this.text(value, this.kind === "count" ? Math.max(step, 1) : step)]);
    }
    says(value) {
      if (this.kind === "name") return "";
      return this.kind === "share" ? `${this.what} ${short(value * 100)} %` : `${this.what} ${short(value)} ${this.unit || ""}`.trim();
    }
  }

  class Plot {
    constructor(svg, number, width) {
      this.svg = svg;
      this.x = new Axis(svg.dataset, "x");
      this.y = new Axis(svg.dataset, "y");
      const [left, top, right, bottom] = svg.dataset.box.split(" ").map(Number);
      const [, , wide, height] = svg.getAttribute("viewBox").split(" ").map(Number);
      this.drawn = { left, top, right, bottom, width: wide, height }; // as the page came
      this.box = { ...this.drawn }; // as it is shown
      this.view = { left, top, right, bottom }; // part of `drawn` that fills the box
      for (const name of ["frame", "marks", "notes"]) this[name] = svg.querySelector(`.${name}`);
      this.frame.replaceChildren();
      this.clip = create("rect", {}, create("clipPath", { id: `clip-${number}` }, svg));
      this.clipping = `url(#clip-${number})`;
      const outer = create("g", {}, svg); // a clip is in the coordinates of the element that has it
      svg.insertBefore(outer, this.marks);
      outer.appendChild(this.marks);
      this.outer = outer;
      this.texts = [...(this.notes ? this.notes.children : [])].map((text) => [text, +text.getAttribute("x"), +text.getAttribute("y")]);
      this.spot = create("circle", { class: "spot", r: 5, visibility: "hidden" }, svg);
      this.chosen = create("rect", { class: "chosen", visibility: "hidden" }, svg);
      for (const title of this.marks.querySelectorAll("title")) {
        title.parentNode.dataset.hint = title.textContent;
        title.remove(); // else browsers show it too
      }
      this.points = [...this.marks.querySelectorAll("path[data-name]")].flatMap((path) =>
        [...path.getAttribute("d").matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map((found) => ({ name: path.dataset.name, x: +found[1], y: +found[2] })));
      this.bars = [...this.marks.querySelectorAll("[data-hint]")].filter((bar) => bar.dataset.hint);
      this.listen();
      this.tools();
      this.fit(width);
      new ResizeObserver(() => this.fit()).observe(svg.parentNode);
    }

    // Draws the plot as wide as its place, so that its texts have the size of the page's.
    fit(width = this.svg.parentNode.clientWidth) {
      if (!width || width === this.box.width) return;
      const { drawn } = this, right = width - (drawn.width - drawn.right);
      const scale = (right - drawn.left) / (drawn.right - drawn.left);
      const bottom = "toScale" in this.svg.dataset ? drawn.top + (drawn.bottom - drawn.top) * scale : drawn.bottom;
      const height = bottom + (drawn.height - drawn.bottom);
      this.box = { ...drawn, right, bottom, width, height };
      this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      this.draw();
    }

    at(x, y) { // from the plot as it came to the plot as it is shown
      const { box, view } = this;
      return [
        box.left + ((x - view.left) / (view.right - view.left)) * (box.right - box.left),
        box.top + ((y - view.top) / (view.bottom - view.top)) * (box.bottom - box.top),
      ];
    }
    from(x, y) {
      const { box, view } = this;
      return [
        view.left + ((x - box.left) / (box.right - box.left)) * (view.right - view.left),
        view.top + ((y - box.top) / (box.bottom - box.top)) * (view.bottom - view.top),
      ];
    }
    value(x, y) { // data of a point of the plot as it came
      const { drawn } = this;
      return [
        this.x.low + ((x - drawn.left) / (drawn.right - drawn.left)) * (this.x.high - this.x.low),
        this.y.low + ((drawn.bottom - y) / (drawn.bottom - drawn.top)) * (this.y.high - this.y.low),
      ];
    }
    get zoomed() {
      return this.view.right - this.view.left < (this.drawn.right - this.drawn.left) * 0.999
        || this.view.bottom - this.view.top < (this.drawn.bottom - this.drawn.top) * 0.999;
    }

    draw() {
      const { box } = this, [x, y] = this.at(0, 0), [x1, y1] = this.at(1, 1);
      this.marks.setAttribute("transform", `matrix(${x1 - x} 0 0 ${y1 - y} ${x} ${y})`);
      for (const [text, left, top] of this.texts) {
        const [across, down] = this.at(left, top), d = this.drawn;
        const inX = left < d.left - 1 || left > d.right + 1 || (across > box.left - 2 && across < box.right + 2);
        const inY = top < d.top - 1 || top > d.bottom + 1 || (down > box.top - 2 && down < box.bottom + 2);
        text.setAttribute("x", left > d.right + 1 || left < d.left - 1 ? left + (left > d.right ? box.right - d.right : 0) : across);
        text.setAttribute("y", down);
        text.setAttribute("visibility", inX && inY ? "visible" : "hidden");
      }
      for (const [key, amount] of [["x", box.left], ["y", box.top], ["width", box.right - box.left], ["height", box.bottom - box.top]]) this.clip.setAttribute(key, amount);
      if (this.zoomed) this.outer.setAttribute("clip-path", this.clipping);
      else this.outer.removeAttribute("clip-path");
      this.spot.setAttribute("visibility", "hidden");
      this.axes();
    }

    axes() {
      const { box, frame, svg } = this, { left, right, top, bottom } = box;
      frame.replaceChildren();
      const write = (style, x, y, anchor, text) => {
        const element = create("text", { class: style, x, y, "text-anchor": anchor }, frame);
        element.textContent = text;
        return element;
      };
      const [low, bottomValue] = this.value(this.view.left, this.view.bottom), [high, topValue] = this.value(this.view.right, this.view.top);
      let end = -Infinity;
      for (const [value, name] of this.x.ticks(low, high, (right - left) / 70)) {
        const x = left + ((value - low) / (high - low)) * (right - left);
        if ("gridX" in svg.dataset) create("path", { class: "grid", d: `M${x} ${top}V${bottom}` }, frame);
        const half = pen.measureText(name).width / 2;
        if (x - half < end + 4) continue;
        write("tick", x, bottom + 17, "middle", name);
        end = x + half;
      }
      for (const [value, name] of this.y.ticks(bottomValue, topValue, (bottom - top) / 45)) {
        const y = bottom - ((value - bottomValue) / (topValue - bottomValue)) * (bottom - top);
        if ("gridY" in svg.dataset) create("path", { class: "grid", d: `M${left} ${y}H${right}` }, frame);
        write("tick", left - 8, y + 4, "end", name);
      }
      create("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }, frame);
      write("label", (left + right) / 2, box.height - 8, "middle", this.x.label);
      if (this.y.label) write("label", 0, 0, "middle", this.y.label).setAttribute("transform", `translate(14 ${(top + bottom) / 2}) rotate(-90)`);
    }

    // Shows a part of the plot, in coordinates of the plot as it came.
    look(left, top, right, bottom) {
      const { drawn } = this;
      const within = (low, high, least, most) => {
        const span = Math.min(Math.max(high - low, (most - least) * LEAST), most - least);
        const start = Math.min(Math.max((low + high - span) / 2, least), most - span);
        return [start, start + span];
      };
      const [x0, x1] = within(left, right, drawn.left, drawn.right), [y0, y1] = within(top, bottom, drawn.top, drawn.bottom);
      this.view = { left: x0, top: y0, right: x1, bottom: y1 };
      this.draw();
    }
    zoom(factor, x, y) { // about a point of the box
      const { box, view } = this, [cx, cy] = this.from(x ?? (box.left + box.right) / 2, y ?? (box.top + box.bottom) / 2);
      this.look(cx - (cx - view.left) / factor, cy - (cy - view.top) / factor, cx + (view.right - cx) / factor, cy + (view.bottom - cy) / factor);
    }
    move(dx, dy) { // by pixels
      const { box, view } = this;
      const x = (dx / (box.right - box.left)) * (view.right - view.left), y = (dy / (box.bottom - box.top)) * (view.bottom - view.top);
      this.look(view.left - x, view.top - y, view.right - x, view.bottom - y);
    }
    whole() { this.look(this.drawn.left, this.drawn.top, this.drawn.right, this.drawn.bottom); }

    tools() {
      const bar = document.createElement("div"), name = this.svg.getAttribute("aria-label").split(":")[0];
      bar.className = "tools";
      for (const [sign, what, act] of [["+", "Zoom in", () => this.zoom(1.6)], ["−", "Zoom out", () => this.zoom(1 / 1.6)], ["whole", "Show the whole", () => this.whole()]]) {
        const button = bar.appendChild(document.createElement("button"));
        button.type = "button";
        button.textContent = sign;
        button.setAttribute("aria-label", `${what}: ${name}`);
        button.title = what;
        button.addEventListener("click", act);
      }
      this.svg.parentNode.before(bar);
    }

    here(event) {
      const place = this.svg.getBoundingClientRect(), scale = this.box.width / place.width;
      return [(event.clientX - place.left) * scale, (event.clientY - place.top) * scale];
    }
    screen(x, y) {
      const place = this.svg.getBoundingClientRect(), scale = place.width / this.box.width;
      return [place.left + x * scale, place.top + y * scale];
    }
    inside([x, y]) {
      const { box } = this;
      return x >= box.left - 1 && x <= box.right + 1 && y >= box.top - 1 && y <= box.bottom + 1;
    }
    tell(point) {
      const [x, y] = this.at(point.x, point.y), [a, b] = this.value(point.x, point.y);
      this.spot.setAttribute("cx", x);
      this.spot.setAttribute("cy", y);
      this.spot.setAttribute("visibility", "visible");
      show([point.name, this.y.says(b), this.x.says(a)].filter(Boolean).join(", "), ...this.screen(x, y));
    }
    quiet() {
      hide();
      this.spot.setAttribute("visibility", "hidden");
    }
    hover(event) {
      const bar = event.target.closest("[data-hint]");
      if (bar && bar.dataset.hint) {
        this.spot.setAttribute("visibility", "hidden");
        return show(bar.dataset.hint, event.clientX, event.clientY);
      }
      const [x, y] = this.here(event);
      let best = null, least = NEAR;
      for (const point of this.points) {
        const [px, py] = this.at(point.x, point.y), distance = Math.hypot(px - x, py - y);
        if (distance < least && this.inside([px, py])) [best, least] = [point, distance];
      }
      return best ? this.tell(best) : this.quiet();
    }

    listen() {
      const { svg } = this;
      let start = null, last = null;
      svg.classList.add("active");
      svg.tabIndex = 0;
      svg.addEventListener("pointerdown", (event) => {
        if (event.button || !this.inside(this.here(event))) return;
        if (event.pointerType === "touch" && !this.zoomed) return this.hover(event);
        [start, last] = [this.here(event), this.here(event)];
        svg.setPointerCapture(event.pointerId);
        return event.preventDefault();
      });
      svg.addEventListener("pointermove", (event) => {
        if (!start) return this.hover(event);
        const now = this.here(event);
        if (event.shiftKey || event.pointerType === "touch") this.move(now[0] - last[0], now[1] - last[1]);
        else this.choose(start, now);
        last = now;
        return this.quiet();
      });
      svg.addEventListener("pointerup", (event) => {
        if (!start) return;
        const now = this.here(event), far = Math.abs(now[0] - start[0]) > 8 && Math.abs(now[1] - start[1]) > 8;
        if (far && !event.shiftKey && event.pointerType !== "touch") {
          const [x0, y0] = this.from(...start), [x1, y1] = this.from(...now);
          this.look(Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1));
        }
        start = null;
        this.chosen.setAttribute("visibility", "hidden");
      });
      svg.addEventListener("pointercancel", () => { start = null; this.chosen.setAttribute("visibility", "hidden"); });
      svg.addEventListener("pointerleave", () => this.quiet());
      svg.addEventListener("dblclick", () => this.whole());
      svg.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return; // the page scrolls
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? 1.25 : 0.8, ...this.here(event));
      }, { passive: false });
      svg.addEventListener("keydown", (event) => this.key(event));
      svg.addEventListener("blur", () => this.quiet());
    }
    choose([x0, y0], [x1, y1]) {
      for (const [key, amount] of [["x", Math.min(x0, x1)], ["y", Math.min(y0, y1)], ["width", Math.abs(x1 - x0)], ["height", Math.abs(y1 - y0)], ["visibility", "visible"]]) this.chosen.setAttribute(key, amount);
    }

    // + and - zoom, 0 shows the whole, arrows go from value to value.
    key(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) {
        const all = this.bars.length ? this.bars : this.points;
        if (!all.length) return;
        this.place = (((this.place ?? (step > 0 ? -1 : 0)) + step) % all.length + all.length) % all.length;
        const one = all[this.place];
        if (this.bars.length) {
          const place = one.getBoundingClientRect();
          show(one.dataset.hint, place.left + place.width / 2, place.top);
        } else this.tell(one);
      } else if (event.key === "+" || event.key === "=") this.zoom(1.6);
      else if (event.key === "-") this.zoom(1 / 1.6);
      else if (event.key === "0") this.whole();
      else if (event.key === "Escape") return this.quiet();
      else return;
      event.preventDefault();
    }
  }

  document.documentElement.classList.add("scripted");
  const found = [...document.querySelectorAll("svg.plot")], widths = found.map((svg) => svg.parentNode.clientWidth);
  const plots = found.map((svg, number) => new Plot(svg, number, widths[number])); // all widths first: one layout
  addEventListener("scroll", hide, { passive: true });
  addEventListener("beforeprint", () => plots.forEach((plot) => { plot.whole(); plot.fit(PAPER); }));
  addEventListener("afterprint", () => plots.forEach((plot) => plot.fit()));
})();
