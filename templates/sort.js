"use strict";
// Turns the heads of tables into buttons that put their rows in order: upwards, downwards, and as they were written.
(() => {
  const MISSING = "\u2013";

  // A cell counts by the number it starts with: 0.84 of "0.84 (0.81–0.87)"; "< 0.001" is a little less than 0.001, and a
  // share in per cent or points what it is of 1. Dates and versions are words.
  const counted = (text) => {
    const found = /^[\u2264\u2265\s]*([\u2212-]?)(<\s*)?(\d[\d,]*\.?\d*)/.exec(text);
    const rest = found ? text.slice(found[0].length) : "";
    if (!found || /^[-.]\d/.test(rest)) return null;
    const value = Number(found[3].replaceAll(",", "")) * (found[1] ? -1 : 1) * (found[2] ? 0.999 : 1);
    return /^\s*(%|points)/.test(rest) ? value / 100 : value;
  };

  const order = (rows, place, sign) => {
    const shown = rows.map((row) => row.cells[place].textContent.trim());
    const numbers = shown.map(counted);
    // What names a row is a word, though it may start with a number.
    const named = rows[0].cells[place].tagName === "TH";
    const numeric = !named && shown.every((text, at) => numbers[at] !== null || text === MISSING || text === "");
    const words = new Intl.Collator("en", { numeric: true });
    const compare = (one, other) =>
      numeric ? numbers[one] - numbers[other] : words.compare(shown[one], shown[other]);
    const last = (at) => Number(shown[at] === MISSING || shown[at] === "");
    return rows
      .map((_, at) => at)
      .sort((one, other) => last(one) - last(other) || (last(one) ? 0 : sign * compare(one, other)) || one - other)
      .map((at) => rows[at]);
  };

  for (const table of document.querySelectorAll(".scroll > table")) {
    const heads = table.tHead ? [...table.tHead.rows[0].cells] : [];
    const body = table.tBodies[0];
    const written = body ? [...body.rows] : [];
    if (written.length < 2 || !written.every((row) => row.cells.length === heads.length)) continue;
    heads.forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const now = { ascending: "descending", descending: null }[before] ?? (before ? null : "ascending");
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        if (now) head.setAttribute("aria-sort", now);
        body.append(...(now ? order(written, place, now === "ascending" ? 1 : -1) : written));
      });
    });
  }
})();
