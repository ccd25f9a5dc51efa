"use strict";
// Shows the rows of the audit table that hold every word that is typed.
(() => {
  const form = document.getElementById("search");
  const typed = document.getElementById("words");
  const count = document.getElementById("count");
  const rows = Array.from(document.querySelectorAll("#events tbody tr"));
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const show = () => {
    const words = typed.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      const is = words.every((word) => texts[at].includes(word));
      row.hidden = !is;
      shown += is;
    });
    count.textContent = shown + " of " + rows.length + " events";
  };
  form.hidden = false;
  typed.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
})();
