document.getElementById("check").innerHTML = "passed";
