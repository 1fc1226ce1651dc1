package audit

import (
	"context"
	"encoding/hex"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/redact"
)

// Configured writes down, as [EventConfigChanged], that the lines about a site
// come under other settings from now on than those before did. It writes nothing
// where the file says so already: the last such line of the site has the hash of
// the same settings. A file that was begun since may get the line once more.
//
// The settings are whatever bytes describe them. Only their hash is kept, which is
// made with the key: nobody who reads the file can try out what they may have been.
//
// The errors are those of [Writer.Append].
func (w *Writer) Configured(ctx context.Context, site string, settings []byte) error {
	return w.submit(&request{ctx: ctx, do: func(c *chain) error { return c.configured(site, settings) }})
}

func (c *chain) configured(site string, settings []byte) error {
	line := Record{
		Event: EventConfigChanged, Outcome: Success,
		Site: redact.Text(site, MaxName), ConfigHash: c.cfg.Key.settingsHash(settings),
	}
	if c.configs[line.Site] == line.ConfigHash {
		return nil
	}
	object, err := line.encode()
	if err != nil {
		return err
	}
	if err := c.append([][]byte{object}); err != nil {
		return err
	}
	c.configs[line.Site] = line.ConfigHash
	return nil
}

// settingsHash names settings without giving them away.
func (k Key) settingsHash(settings []byte) string {
	mac := k.newMAC()
	mac.Write([]byte("cobrowse-proxy audit settings v1\n"))
	mac.Write(settings)
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
