package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"parry"
)

func number(least, most int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("want a whole number from %d to %d, not %.40q", least, most, s)
		}
		return nil
	}
}

func duration(least, most time.Duration) func(string) error {
	return func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d < least || d > most {
			return fmt.Errorf("want a time from %s to %s, such as 30s or 5m, not %.40q", least, most, s)
		}
		return nil
	}
}

func oneOf(words ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("want %s, not %.40q", strings.Join(words, " or "), s)
		}
		return nil
	}
}

func place(s string) error {
	account, region, _ := strings.Cut(s, "/")
	if s != "own" && !(parry.IsAccount(account) && parry.IsRegion(region)) {
		return fmt.Errorf("want own, or ACCOUNT/REGION such as 111122223333/eu-west-1, not %.40q", s)
	}
	return nil
}

// each holds every part of a list with commas to a check.
func each(check func(string) error) func(string) error {
	return func(list string) error {
		for _, one := range strings.Split(list, ",") {
			if err := check(strings.TrimSpace(one)); err != nil {
				return err
			}
		}
		return nil
	}
}

func accountID(s string) error {
	if !parry.IsAccount(s) {
		return fmt.Errorf("want ids of accounts with 12 digits, not %.40q", s)
	}
	return nil
}

func regionName(s string) error {
	if !parry.IsRegion(s) {
		return fmt.Errorf("want names of Regions such as eu-west-1, not %.40q", s)
	}
	return nil
}

func web(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path == "" {
		return fmt.Errorf("want a queue's URL, https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, not %.80q", s)
	}
	return nil
}

// consoleURL is held to what the console's cookies need: https, or this machine.
func consoleURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return fmt.Errorf("want https://HOST, or http://127.0.0.1:PORT on this machine, and no path, not %.80q", s)
	}
	return nil
}

func issuer(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return fmt.Errorf("want the provider's https address, as its documents call its issuer, not %.80q", s)
	}
	return nil
}

// loopback tells whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// bucketName is the grammar of S3's buckets. Source: "General purpose bucket naming rules", Amazon S3 User Guide.
var bucketName = regexp.MustCompile(`^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$`)

func bucket(s string) error {
	if !bucketName.MatchString(s) {
		return fmt.Errorf("want s3://BUCKET or s3://BUCKET/PREFIX, not %.80q", s)
	}
	return nil
}

// roleARN is the ARN of a role. Source: "IAM identifiers", IAM User Guide.
var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$`)

func role(s string) error {
	if !roleARN.MatchString(s) {
		return fmt.Errorf("want the ARN of a role, not %.80q", s)
	}
	return nil
}

func address(s string) error {
	_, port, err := net.SplitHostPort(s)
	if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
		return fmt.Errorf("want an address and a port, such as 127.0.0.1:8080 or :8080, not %.80q", s)
	}
	return nil
}

// token is the grammar of header names. Source: RFC 9110, section 5.6.2.
var token = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func header(s string) error {
	if !token.MatchString(s) || strings.EqualFold(s, "Authorization") {
		return fmt.Errorf("want the name of a header other than Authorization, such as X-Parry-Token, not %.40q", s)
	}
	return nil
}
