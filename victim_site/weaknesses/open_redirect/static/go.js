// Moves the visitor on: to a page of the bank by following the link, elsewhere by sending the form.
// `submit()` is no click on a button, so the bank's other scripts leave the form alone.
const inside = document.getElementById("go");
if (inside) location.replace(inside.href);
else document.getElementById("leave")?.submit();
