package source

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
)

// aBusyRecord is a record of the size that most have: a role's session, its request and its answer.
func aBusyRecord(i int) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:build-%[1]d",`+
		`"arn":"arn:aws:sts::%[2]s:assumed-role/deploy/build-%[1]d","accountId":"%[2]s","accessKeyId":"ASIAEXAMPLE","sessionContext":{"sessionIssuer":`+
		`{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::%[2]s:role/deploy","accountId":"%[2]s","userName":"deploy"},`+
		`"webIdFederationData":{},"attributes":{"creationDate":"2026-03-01T09:12:44Z","mfaAuthenticated":"false"}}},"eventTime":"2026-03-01T10:%02[3]d:%02[4]dZ",`+
		`"eventSource":"ec2.amazonaws.com","eventName":"CreateNetworkInterface","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.%[4]d",`+
		`"userAgent":"aws-sdk-go-v2/1.47.8 os/linux lang/go#1.26.8 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.344.2",`+
		`"requestParameters":{"subnetId":"subnet-0123456789abcdef%[1]d","description":"for the \"build\" of %[1]d","groupSet":{"items":[{"groupId":"sg-0123456789abcdef0"}]},`+
		`"privateIpAddressesSet":{},"tagSpecificationSet":{"items":[{"resourceType":"network-interface","tags":[{"key":"team","value":"build"}]}]}},`+
		`"responseElements":{"requestId":"5a3b1c0e-0000-4000-8000-%012[1]d","networkInterface":{"networkInterfaceId":"eni-%017[1]d","subnetId":"subnet-0123456789abcdef%[1]d",`+
		`"vpcId":"vpc-0123456789abcdef0","availabilityZone":"eu-west-1a","status":"pending","sourceDestCheck":true,"interfaceType":"interface"}},`+
		`"requestID":"5a3b1c0e-0000-4000-8000-%012[1]d","eventID":"6b4c2d1f-0000-4000-8000-%012[1]d","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,`+
		`"recipientAccountId":"%[2]s","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",`+
		`"clientProvidedHostHeader":"ec2.eu-west-1.amazonaws.com"}}`, i, member, i/60%60, i%60)
}

// BenchmarkStream reads events as they lie in files: how many bytes and records in a second.
func BenchmarkStream(b *testing.B) {
	const n = 5000
	records := make([]string, n)
	for i := range records {
		records[i] = aBusyRecord(i)
	}
	file := []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
	for i := range records {
		records[i] = enveloped("aws.ec2", trailCall, records[i])
	}
	lines := []byte(strings.Join(records, "\n"))
	for _, c := range []struct {
		name string
		data []byte
	}{{"trail", file}, {"trail, gzip", zipped(b, file)}, {"lines", lines}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			b.ReportAllocs()
			for b.Loop() {
				got := 0
				err := Stream("f", bytes.NewReader(c.data), func(i Item) error {
					if got++; i.Err != nil {
						return i.Err
					}
					return nil
				})
				if err != nil || got != n {
					b.Fatalf("%d items, %v", got, err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
