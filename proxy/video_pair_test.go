package proxy

import (
	"net/http"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// videoOffice is an office whose sessions can continue by video.
func videoOffice(t *testing.T, change func(*VideoConfig)) *office {
	t.Helper()
	return newOffice(t, func(c *Config) {
		c.Video = &VideoConfig{SDKKey: "VIDEO_SDK_KEY", SDKSecrets: []string{videoSecret}, Customers: true, Agents: true}
		c.Desk.MaxAgents = 2
		if change != nil {
			change(c.Video)
		}
	})
}

// videoClaims verifies the part of an answer, if there is one.
func (o *office) videoClaims(answer map[string]any) (name string, claims token.VideoClaims) {
	o.t.Helper()
	part, ok := answer["video"].(map[string]any)
	if !ok {
		return "", token.VideoClaims{}
	}
	minter, err := token.NewVideo(token.Config{Key: "VIDEO_SDK_KEY", Secrets: []string{videoSecret}, Now: o.clock.now})
	if err != nil {
		o.t.Fatal(err)
	}
	if claims, err = minter.Verify(part["signature"].(string)); err != nil {
		o.t.Fatal(err)
	}
	return part["sessionName"].(string), claims
}

// TestContinueByVideo: agents and customer of one session get matching signatures,
// those of another session get others, and nobody gets one too early.
func TestContinueByVideo(t *testing.T) {
	o := videoOffice(t, func(v *VideoConfig) { v.CustomerSessions = "help-[0-9]+" }) // binds names that customers choose
	id, ticket := o.waiting("482913")
	if name, _ := o.videoClaims(o.report(id, ticket, session.EventHeartbeat)); name != "" {
		t.Error("a customer who waits has a signature")
	}
	name, host := o.videoClaims(o.must(http.StatusOK, "desk/join", map[string]string{"pin": "482913"}, "Agent", "Ann"))
	if len(name) != len("cobrowse-")+32 || host.SessionName != name || host.Role != token.RoleHost || host.UserIdentity != "ann" {
		t.Errorf("%q, %+v", name, host)
	}
	if second, _ := o.videoClaims(o.must(http.StatusOK, "desk/join", map[string]string{"id": id}, "Agent", "Bob")); second != name {
		t.Errorf("a colleague comes to %q, not to %q", second, name)
	}
	attended, attendee := o.videoClaims(o.report(id, ticket, session.EventAgentJoined))
	if attended != name || attendee.SessionName != name || attendee.Role != token.RoleAttendee || attendee.UserIdentity == host.UserIdentity {
		t.Errorf("customer: %q, %+v", attended, attendee)
	}
	o.report(id, ticket, session.EventEnded)
	if late, _ := o.videoClaims(o.report(id, ticket, session.EventHeartbeat)); late != "" {
		t.Error("a customer whose session is over has a signature")
	}

	o.waiting("771204")
	if other, _ := o.videoClaims(o.must(http.StatusOK, "desk/join", map[string]string{"pin": "771204"}, "Agent", "Ann")); other == name || other == "" {
		t.Errorf("another session has the name %q", other)
	}
}

// TestNoVideo: the policy must let both sides ask.
func TestNoVideo(t *testing.T) {
	for name, o := range map[string]*office{
		"not configured": newOffice(t, nil),
		"agents only":    videoOffice(t, func(v *VideoConfig) { v.Customers = false }),
		"customers only": videoOffice(t, func(v *VideoConfig) { v.Agents = false }),
	} {
		t.Run(name, func(t *testing.T) {
			id, ticket := o.waiting("482913")
			joined := o.must(http.StatusOK, "desk/join", map[string]string{"pin": "482913"}, "Agent", "Ann")
			reported := o.report(id, ticket, session.EventAgentJoined)
			if joined["video"] != nil || reported["video"] != nil {
				t.Errorf("agent %v, customer %v", joined["video"], reported["video"])
			}
		})
	}
}
