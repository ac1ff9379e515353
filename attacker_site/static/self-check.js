// Which of the bank's cookies does this browser send with an image on another site's page?
// The image's width is 1 + bits: bit 0 a SameSite=None cookie, bit 1 one without SameSite.
"use strict";

const check = document.getElementById("check");
const leave = (cookies) => location.replace(`${check.dataset.back}?cookies=${cookies}`);
const picture = new Image();
picture.onload = () => {
  const bits = picture.naturalWidth - 1;
  leave([0, 1, 2, 3].includes(bits) ? bits : "error");
};
picture.onerror = () => leave("error");
picture.src = `${check.dataset.echo}?${Date.now()}`;
