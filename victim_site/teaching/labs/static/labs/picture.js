// Lights a picture up part by part, at the reader's pace: each box, and each check of the bank. Until
// that begins, and after its end, everything is lit, as it is without this script.
class PictureSteps extends HTMLElement {
  at = -1;

  connectedCallback() {
    this.figure = this.closest(".picture");
    this.parts = [...this.figure.querySelectorAll("[data-said]")];
    this.note = this.querySelector("p");
    [this.back, this.next] = this.querySelectorAll("button");
    this.invitation = this.note.textContent;
    this.addEventListener("click", (event) => {
      if (event.target.value) this.move(Number(event.target.value));
    });
    this.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const inside = this.parts[this.at + step] || (this.at >= 0 && step < 0);
      if (!inside || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation(); // The presenter view has these keys, too.
      this.move(step);
    });
    this.show();
  }

  move(step) {
    this.at = Math.max(this.at + step, -1);
    if (this.at === this.parts.length) this.at = -1;
    this.show();
    this.parts[this.at]?.scrollIntoView({ block: "nearest" });
  }

  show() {
    const { at, parts } = this;
    const here = parts[at];
    this.figure.classList.toggle("paced", Boolean(here));
    parts.forEach((part, index) => {
      part.classList.toggle("unlit", Boolean(here) && index > at);
      part.classList.toggle("here", index === at);
    });
    this.note.textContent = here ? `Step ${at + 1} of ${parts.length}: ${here.dataset.said}` : this.invitation;
    if (!here && document.activeElement === this.back) this.next.focus();
    this.back.setAttribute("aria-disabled", !here);
    this.next.textContent = !here ? "Begin" : parts[at + 1] ? "Next" : "Show all";
  }
}

customElements.define("picture-steps", PictureSteps);
