// Shows the latest bookings, the newest first, ten at most.
(function () {
  var table = document.getElementById("ticker");
  var source = new EventSource("/ticker/events");
  source.addEventListener("booking", function (event) {
    var booking = JSON.parse(event.data);
    var row = table.insertRow(1);
    row.insertCell(0).appendChild(document.createTextNode(booking.text));
    var amount = row.insertCell(1);
    amount.align = "right";
    amount.appendChild(document.createTextNode(booking.amount));
    if (table.rows.length > 11) {
      table.deleteRow(11);
    }
  });
})();
