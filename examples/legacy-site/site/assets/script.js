// Fetches today's rates into the home page, as one did it before there were
// libraries for it.
window.onload = function () {
  var cell = document.getElementById("rates");
  if (!cell) {
    return;
  }
  var request = new XMLHttpRequest();
  request.onreadystatechange = function () {
    if (request.readyState == 4) {
      cell.innerHTML = request.status == 200 ? request.responseText : "Please ring us up.";
    }
  };
  request.open("GET", "/fragments/rates", true);
  request.send(null);
};
