-- Prints wrk's result in one line for the program that started it.
-- Latencies and durations are in microseconds.
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    "bench: requests=%d elapsed_us=%d p50_us=%d p99_us=%d failed=%d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
