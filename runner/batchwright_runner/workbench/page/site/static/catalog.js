// Narrows the list of batches down, and goes through it by the keyboard; marks the time of day in the calendar. Without
// it the pages show the same.
"use strict";

(() => {
  const search = document.getElementById("search");
  if (!search) return;
  const rows = [...document.querySelectorAll("tr.batch")];
  const filters = ["owner", "scheduler", "state"].map((id) => document.getElementById(id)).filter(Boolean);
  const fields = [search, ...filters];
  const count = document.getElementById("count");
  const none = document.getElementById("none");

  const shown = () => rows.filter((row) => !row.hidden);
  const link = (row) => row.querySelector("a.name");
  const batches = (number) => (number === 1 ? "1 batch" : `${number} batches`);

  function narrow() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const fits =
        words.every((word) => row.dataset.words.includes(word)) &&
        filters.every((filter) => !filter.value || row.dataset[filter.id] === filter.value);
      row.hidden = !fits;
    }
    const left = shown().length;
    count.textContent = left === rows.length ? batches(left) : `${left} of ${batches(rows.length)}`;
    none.hidden = left > 0;
  }

  // What was chosen stands in the address, so that it can be sent to somebody and found again by the back button.
  function remember() {
    const said = new URLSearchParams();
    for (const field of fields) if (field.value) said.set(field.id, field.value);
    history.replaceState(null, "", said.size ? `#${said}` : location.pathname + location.search);
  }

  function recall() {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) {
      const value = said.get(field.id) || "";
      field.value = value;
      if (field.value !== value) field.value = "";
    }
    narrow();
  }

  function showAll() {
    for (const field of fields) field.value = "";
    narrow();
    remember();
    search.focus();
  }

  function step(by) {
    const left = shown();
    const at = left.findIndex((row) => link(row) === document.activeElement);
    if (at + by < 0) search.focus();
    else if (left[at + by]) link(left[at + by]).focus();
  }

  for (const field of fields) {
    field.addEventListener("input", () => {
      narrow();
      remember();
    });
  }
  document.getElementById("clear").addEventListener("click", showAll);
  window.addEventListener("hashchange", recall);
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const inList = event.target === search || event.target.classList.contains("name");
    const typing = fields.includes(event.target);
    if (event.key === "/" && !typing) search.focus();
    else if (event.key === "ArrowDown" && inList) step(1);
    else if (event.key === "ArrowUp" && inList && event.target !== search) step(-1);
    else if (event.key === "Escape" && (typing || inList)) showAll();
    else return;
    event.preventDefault();
  });

  document.querySelector(".filters").hidden = false;
  document.getElementById("keys").hidden = false;
  recall();
})();

(() => {
  const lanes = document.getElementById("lanes");
  const stale = document.getElementById("stale");

  // Date and minute in a time zone, as its clocks show them.
  function now(zone) {
    const form = { dateStyle: "short", timeStyle: "short", hourCycle: "h23", timeZone: zone };
    const [day, clock] = new Intl.DateTimeFormat("sv-SE", form).format(new Date()).split(" ");
    const [hour, minute] = clock.split(":").map(Number);
    return { day, minute: hour * 60 + minute };
  }

  if (stale && now(stale.dataset.zone).day > stale.dataset.last) stale.hidden = false;
  if (!lanes) return;
  const here = now(lanes.dataset.zone);
  if (here.day !== lanes.dataset.day) return;
  for (const track of lanes.querySelectorAll(".track")) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("class", "now");
    line.setAttribute("d", `M${here.minute} 0V24`);
    track.append(line);
  }
})();
