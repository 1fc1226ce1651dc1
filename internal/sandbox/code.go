package sandbox

import "strconv"

// Code is an error code of Zoom's SDK, as far as Zoom documents them.
type Code int

// Error codes. Those below 10000 reach callers of the JavaScript interface;
// the others are shown by the hosted desk.
const (
	CodeStartFailed      Code = 1001 // no credit, invalid site, network
	CodeConnecting       Code = 1002 // connecting already
	CodeSessionCount     Code = 1004 // a second session of one browser and site
	CodePINNotFound      Code = 1006
	CodePINFormat        Code = 1008 // over 10 characters, or not alphanumeric
	CodePINRequired      Code = 1009 // a BYOP token without customPinCode
	CodePINConflict      Code = 1010 // customPinCode is in use
	CodeJoinFailed       Code = 1011 // missing or ended session, attempts exhausted
	CodeCustomerCount    Code = 1012
	CodeAgentCount       Code = 1013
	CodeDuplicateUser    Code = 1015
	CodeNetwork          Code = 1016 // after retries; the browser itself says it
	CodeCanceling        Code = 1017 // an end is going on; the browser itself says it
	CodeTokenInvalid     Code = 2001
	CodeUndefined        Code = 9999
	CodeDeskTokenInvalid Code = 124
	CodeDeskPINNotFound  Code = 30308
)

// Sizes of PINs (Zoom).
const (
	pinMaxLength = 10
	pinDigits    = 6
)

// refusal is a request that is not granted. It ends the connection.
type refusal struct {
	code Code
	text string
}

func (r *refusal) Error() string { return "code " + strconv.Itoa(int(r.code)) + ": " + r.text }

func refuse(code Code, text string) *refusal { return &refusal{code, text} }
