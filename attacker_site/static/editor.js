// Colors for what is written, where scripts run: a text area above its own text in colors. The plain
// one does the same without them. Tab leads on, as in any form, and Escape leaves the area.
import { createEditor } from "./prism-code-editor.js";

// Longer texts would be slow to color at each key.
const MOST = 100_000;
const plain = document.querySelector("textarea[data-language]");
const languageOf = (text) => (text.length > MOST ? "text" : plain.dataset.language);

const { container, textarea } = createEditor(null, {
  language: languageOf(plain.value),
  value: plain.value,
  wordWrap: true,
  // Not at once: the editor is in the middle of drawing.
  onUpdate: (text, editor) => queueMicrotask(() => {
    const language = languageOf(text);
    if (editor.options.language !== language) editor.setOptions({ language });
  }),
});
for (const { name, value } of plain.attributes) {
  if (name !== "rows") textarea.setAttribute(name, value);
}
plain.replaceWith(container);
