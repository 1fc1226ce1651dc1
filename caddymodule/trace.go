package caddymodule

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// traceFact adds an attribute to the span that Caddy's directive tracing has
// begun for a request. Where there is none, or it is not sampled, that costs one
// look at the context.
func traceFact(ctx context.Context, key, value string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attribute.String(key, value))
	}
}
