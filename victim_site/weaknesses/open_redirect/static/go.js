// Forwards the visitor: to a page of the bank by following the link, to another site by submitting the form.
// `submit()` doesn't fire a submit event, so the bank's other scripts leave the form alone.
const inside = document.getElementById("go");
if (inside) location.replace(inside.href);
else document.getElementById("leave")?.submit();
