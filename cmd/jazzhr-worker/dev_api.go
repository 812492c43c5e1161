//go:build !production

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// apiClient calls the service's API, as Intrvio's backend would.
type apiClient struct {
	base, token string
	http        *http.Client
}

func newAPIClient(base, token string) *apiClient {
	return &apiClient{base: base, token: token, http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}}
}

func (c *apiClient) close() { c.http.CloseIdleConnections() }

// apiError is an answer that is an error.
type apiError struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error gives what the API says.
func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 20

// call makes a request and decodes what is answered into answer. The status is that of success.
func (c *apiClient) call(ctx context.Context, method, path string, body, answer any) (status int, err error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, err
	}
	if response.StatusCode/100 != 2 {
		var failed struct {
			Error *apiError `json:"error"`
		}
		if json.Unmarshal(text, &failed) != nil || failed.Error == nil {
			failed.Error = &apiError{Message: "an answer that is not the API's"}
		}
		failed.Error.Status = response.StatusCode
		return response.StatusCode, failed.Error
	}
	return response.StatusCode, json.Unmarshal(text, answer)
}
