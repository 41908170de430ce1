package graphclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"passkeyaudit/graphclient"
)

// A look-alike of Graph on loopback, read with a ready token.
func Example() {
	graph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"value":[{"id":"u1"},{"id":"u2"}]}`)
	}))
	defer graph.Close()

	ctx := context.Background()
	c, err := graphclient.New(ctx, graphclient.Config{
		Auth:     graphclient.AuthAccessToken,
		GraphURL: graph.URL,
		Getenv:   func(name string) string { return map[string]string{"PASSKEYAUDIT_ACCESS_TOKEN": "token"}[name] },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	request := graphclient.Users(graphclient.Query{Select: []string{"id"}, Top: 999})
	fmt.Println(request)
	for page, err := range c.Pages(ctx, request) {
		if refused, ok := errors.AsType[*graphclient.Error](err); ok && refused.Denied() {
			fmt.Println("a permission is missing:", refused.Code)
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, row := range page.Rows {
			fmt.Println(row)
		}
	}
	// Output:
	// GET /v1.0/users?$select=id&$top=999
	// {"id":"u1"}
	// {"id":"u2"}
}

func ExampleParseAuth() {
	_, err := graphclient.ParseAuth("password")
	fmt.Println(err)
	// Output:
	// auth "password": no such way to sign in; use one of default, azure-cli, device-code, browser, client-secret, client-certificate, workload-identity, managed-identity, access-token
}
