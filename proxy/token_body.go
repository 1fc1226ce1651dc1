package proxy

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// maxTokenBody bounds a request's body, as it comes and as it is inflated.
const maxTokenBody = 8 << 10

// readTokenRequest reads the body of a request to one of Zoom's samples' routes,
// and parses it as that sample does. A body that is not declared as
// application/json is not read, and is then missing what is required; another
// charset or content coding is 415.
func readTokenRequest[T any](w http.ResponseWriter, r *http.Request, parse func([]byte) (T, error)) (T, *refusal) {
	var none T
	var body []byte
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && mediaType == "application/json" {
		var refused *refusal
		if body, refused = readTokenBody(w, r, params["charset"]); refused != nil {
			return none, refused
		}
	}
	request, err := parse(body)
	var faults token.FieldErrors
	switch {
	case errors.As(err, &faults):
		return none, &refusal{status: http.StatusBadRequest, result: resultInvalid, faults: faults}
	case err != nil:
		return none, refuseBody("Malformed JSON")
	}
	return request, nil
}

// readTokenBody reads and inflates a JSON body. No reader needs to be closed:
// the server closes the request's body, and the inflaters hold memory only.
func readTokenBody(w http.ResponseWriter, r *http.Request, charset string) ([]byte, *refusal) {
	if charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, refuseMedia("The charset must be utf-8")
	}
	if r.ContentLength > maxTokenBody {
		return nil, refuseSize()
	}
	var reader io.Reader = http.MaxBytesReader(w, r.Body, maxTokenBody)
	var err error
	switch strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ",")) {
	case "", "identity":
	case "gzip":
		reader, err = gzip.NewReader(reader)
	case "deflate":
		reader, err = zlib.NewReader(reader)
	default:
		return nil, refuseMedia("Content-Encoding must be gzip, deflate or identity")
	}
	var body []byte
	if err == nil {
		body, err = io.ReadAll(io.LimitReader(reader, maxTokenBody+1))
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), len(body) > maxTokenBody:
		return nil, refuseSize()
	case err != nil:
		return nil, refuseBody("Body could not be read")
	}
	return body, nil
}
