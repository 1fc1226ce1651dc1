(function () {
  var log = document.getElementById("log");
  var field = document.getElementById("message");
  var scheme = location.protocol == "https:" ? "wss://" : "ws://";
  var socket = new WebSocket(scheme + location.host + "/chat/socket");
  function say(text) {
    log.insertRow(-1).insertCell(0).appendChild(document.createTextNode(text));
  }
  socket.onmessage = function (event) {
    say(event.data);
  };
  socket.onclose = function () {
    say("The message desk has closed.");
  };
  document.getElementById("chat").onsubmit = function () {
    if (socket.readyState == 1 && field.value) {
      socket.send(field.value);
      field.value = "";
    }
    return false;
  };
})();
