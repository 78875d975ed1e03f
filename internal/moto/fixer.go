package moto

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// fixer corrects two things in moto's answers.
//
// moto words every refusal of its enforcement as EC2 does, whatever the protocol, so that the SDK
// reports UnknownError or that it cannot read the answer. The fixer words it as the protocol asks;
// smithy.APIError then has the code that moto gave. (On AWS, EC2's code is UnauthorizedOperation and
// that of the JSON services AccessDeniedException; moto's is AccessDenied for all.)
//
// And moto closes the connection behind each answer, which the SDK, discarding the body, was seen to
// report as a failed call. So the body is read whole before the SDK sees the answer.
type fixer struct{ next http.RoundTripper }

// RoundTrip sends the request and corrects the answer.
func (f fixer) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := f.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusUnauthorized {
		body = reword(req, resp.Header, body)
		resp.ContentLength = int64(len(body))
		resp.Header.Del("Content-Length")
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// refusal is how moto words a refusal.
type refusal struct {
	XMLName xml.Name
	Code    string `xml:"Errors>Error>Code"`
	Message string `xml:"Errors>Error>Message"`
}

// reword gives moto's refusal in the words of the request's protocol. Any other answer stays as it is.
func reword(req *http.Request, header http.Header, body []byte) []byte {
	var r refusal
	if xml.Unmarshal(body, &r) != nil || r.Code == "" {
		return body // S3's refusals, and answers that no enforcement gave
	}
	switch protocolOf(req) {
	case "ec2":
		return body
	case "xml":
		header.Set("Content-Type", "text/xml")
		var e struct {
			XMLName xml.Name `xml:"ErrorResponse"`
			Code    string   `xml:"Error>Code"`
			Message string   `xml:"Error>Message"`
		}
		e.Code, e.Message = r.Code, r.Message
		return encoded(xml.Marshal(e))
	default:
		header.Set("Content-Type", "application/json")
		header.Set("X-Amzn-Errortype", r.Code)
		return encoded(json.Marshal(map[string]string{"__type": r.Code, "message": r.Message}))
	}
}

// encoded takes the bytes of an encoder that cannot fail on strings.
func encoded(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// protocolOf tells "ec2", "xml" (the query protocol, and S3 Control) and "json" apart.
func protocolOf(req *http.Request) string {
	service := signedFor(req)
	switch {
	case service == "ec2":
		return "ec2"
	case service == "s3": // only S3 Control's refusals have moto's general shape
		return "xml"
	case strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return "xml"
	default:
		return "json"
	}
}

// signedFor is the service of the signature's scope: Credential=KEY/DATE/REGION/SERVICE/aws4_request.
func signedFor(req *http.Request) string {
	_, scope, _ := strings.Cut(req.Header.Get("Authorization"), "Credential=")
	if parts := strings.SplitN(scope, "/", 5); len(parts) == 5 {
		return parts[3]
	}
	return ""
}
