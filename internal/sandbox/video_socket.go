package sandbox

import "errors"

// What a video connection may send: descriptions and candidates, which are
// some ten kilobytes for each of the others.
const (
	videoBytes   = 256 << 10 // a second
	videoBurst   = 2 << 20
	videoBacklog = 4 << 20
)

// talking is the dialect of video sessions.
func (s *Service) talking() dialect {
	return dialect{hello: s.cfg.Limits.VideoFrame, backlog: videoBacklog, bytes: videoBytes, burst: videoBurst, admit: (*conn).admitVideo}
}

// admitVideo turns the first frame into a place in a room.
func (c *conn) admitVideo(data []byte) (*guest, error) {
	first, err := parsed(parseVideoFrame, data)
	if err != nil {
		return nil, err
	}
	u, err := c.user(first)
	if err != nil {
		return nil, err
	}
	return &guest{
		frame: c.s.cfg.Limits.VideoFrame,
		leave: func() { c.s.video.drop(u) },
		handle: func(data []byte) error {
			msg, err := parsed(parseVideoFrame, data)
			if err != nil {
				return err
			}
			return c.s.video.handle(u, msg)
		},
	}, nil
}

// user lets somebody into a room whose signature is good for it. Zoom has one
// code for all that can be wrong with a signature. Wrong ones and wrong passcodes
// count as failures of the address.
func (c *conn) user(first *videoMessage) (*user, error) {
	switch {
	case first.Type != typeVideoJoin:
		c.s.hub.failed(c.address)
		return nil, refuse(CodeVideoParameter, "the first frame must say who this is")
	case c.s.cfg.VerifyVideo == nil:
		return nil, refuse(CodeVideoSession, "the sandbox knows no video credentials")
	}
	claims, err := c.s.cfg.VerifyVideo(first.Signature)
	if err != nil {
		c.s.hub.failed(c.address)
		return nil, refuse(CodeVideoSession, "the signature is not valid: it must be signed with HS256 for this SDK key, be in force, and obey Zoom's rules")
	}
	u, err := c.s.video.join(videoRequest{videoMessage: first, claims: claims, address: c.address, peer: c.queue})
	if errors.Is(err, errVideoName) || errors.Is(err, errVideoPasscode) {
		c.s.hub.failed(c.address)
	}
	return u, err
}
