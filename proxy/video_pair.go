package proxy

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// videoPart is what one side of a Cobrowse session needs to continue by video:
// the customer's signature is for role 0, the agent's for role 1. UserName is
// what the other side reads of this one.
type videoPart struct {
	SessionName string `json:"sessionName"`
	Signature   string `json:"signature"`
	UserName    string `json:"userName"`
}

// videoNamesKey derives the key of session names (RFC 5869), so that it is none
// that signs.
func videoNamesKey(secret string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "cobrowse-proxy video session names 1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("deriving the key of video session names: %w", err)
	}
	return key, nil
}

// sessionName names the video session that belongs to a Cobrowse session. Nobody
// can guess it who does not have the key, and it needs no store: all instances,
// and all agents who join, come to the same one. In lower case, since Zoom
// compares names without regard to case.
func (e *videoEndpoint) sessionName(site, id string) string {
	mac := hmac.New(sha256.New, e.names)
	mac.Write(fmt.Appendf(nil, "%q %q", site, id))
	return "cobrowse-" + hex.EncodeToString(mac.Sum(nil)[:16])
}

// part makes one side's part. Who the sides are is not checked here: callers know
// them, by a ticket or by a claim. The identity is by what Zoom's reports tell
// users apart.
func (e *videoEndpoint) part(role token.VideoRole, site, id, identity, userName string) (*videoPart, error) {
	name := e.sessionName(site, id)
	signature, err := e.minter.Mint(token.VideoGrant{
		Role: role, SessionName: name, Lifetime: e.ttl, UserIdentity: token.FitUserID(identity),
	})
	if err != nil {
		return nil, err
	}
	return &videoPart{SessionName: name, Signature: signature, UserName: userName}, nil
}

// pairs says whether Cobrowse sessions may continue by video: both sides must be
// among those who may ask for a signature. The operator's pattern of names binds
// requests that choose a name, which these do not.
func (e *videoEndpoint) pairs() bool { return e != nil && e.customers && e.forAgents }
