package token_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

func Example() {
	minter, err := token.New(token.Config{Key: "my_sdk_key", Secrets: []string{"my_sdk_secret"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	request, err := token.ParseRequest([]byte(`{"role":1,"userName":"Anna"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	jwt, err := minter.Mint(token.Grant{Role: request.Role, UserName: request.UserName, Lifetime: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := minter.Verify(jwt)
	fmt.Println(claims.Role, claims.UserName, claims.ExpiresAt.Sub(claims.IssuedAt), err)
	// Output: customer Anna 1h0m0s <nil>
}

func ExampleParseRequest_faults() {
	_, err := token.ParseRequest([]byte(`{"role":7,"userId":null}`))
	if faults, ok := errors.AsType[token.FieldErrors](err); ok {
		for _, fault := range faults {
			fmt.Printf("%s: %s\n", fault.Property, fault.Reason)
		}
	}
	// Output:
	// role: Value is not valid. Got 7, expected 1,2
	// userId: Value null not allowed, must be of type string
}
