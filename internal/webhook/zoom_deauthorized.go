package webhook

import (
	"encoding/json"
	"fmt"
)

// eventDeauthorized is the event with which Zoom tells an app of its Marketplace
// that a user has removed it
// (https://developers.zoom.us/docs/api/marketplace/events/, "App deauthorized").
// Whoever keeps something of the user must then delete it.
const eventDeauthorized = "app_deauthorized"

// Deauthorization is a user's removal of an app.
type Deauthorization struct {
	// ClientID is the app's, and UserID Zoom's ID of the user. Both are there.
	ClientID, UserID string
}

// deauthorization reads the payload of app_deauthorized.
func (e envelope) deauthorization() (*Deauthorization, error) {
	var payload struct {
		ClientID string `json:"client_id"`
		UserID   string `json:"user_id"`
	}
	if err := json.Unmarshal(e.Payload, &payload); err != nil {
		return nil, fmt.Errorf("%w: payload of %s", ErrPayload, e.Event)
	}
	for _, id := range []string{payload.ClientID, payload.UserID} {
		if id == "" || !isID(id) {
			return nil, fmt.Errorf("%w: client_id or user_id", ErrPayload)
		}
	}
	return &Deauthorization{ClientID: payload.ClientID, UserID: payload.UserID}, nil
}
