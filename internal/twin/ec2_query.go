package twin

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// fields says which filters a Describe call knows, and what each compares with.
type fields[T any] map[string]func(*T) []string

// condition is one filter of a call, whichever service's type it came in.
type condition struct {
	name   string
	values []string
}

// query is what a Describe call of EC2 asks for.
type query struct {
	ids     []string
	filters []types.Filter
	max     *int32
	token   *string
}

// list answers a Describe call of EC2: the things asked for by id, or all, that pass the filters, a page of them.
func list[T any](s *shelf[T], get func(string) (*T, error), f fields[T], tags func(*T) map[string]string, q query) ([]*T, *string, error) {
	picked, err := pick(s, get, q.ids)
	if err != nil {
		return nil, nil, err
	}
	picked, err = f.keep(picked, tags, conditions(q.filters))
	if err != nil {
		return nil, nil, err
	}
	return page(picked, q.max, q.token, ec2Pages())
}

// notWithIDs refuses paging together with ids, as some Describe calls do.
func notWithIDs(parameter string, ids []string, limit *int32) error {
	if len(ids) > 0 && limit != nil {
		return reject("InvalidParameterCombination", "The parameter %s cannot be used with the parameter maxResults", parameter)
	}
	return nil
}

func pick[T any](s *shelf[T], get func(string) (*T, error), ids []string) ([]*T, error) {
	if len(ids) == 0 {
		return s.all(), nil
	}
	var out []*T
	for _, id := range ids {
		v, err := get(id)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out, nil
}

func conditions(filters []types.Filter) []condition {
	out := make([]condition, 0, len(filters))
	for _, f := range filters {
		out = append(out, condition{name: aws.ToString(f.Name), values: f.Values})
	}
	return out
}

// keep leaves the items that pass every condition. A name that is not known is refused even where nothing is listed.
func (f fields[T]) keep(items []*T, tags func(*T) map[string]string, conds []condition) ([]*T, error) {
	for _, c := range conds {
		get, err := f.values(c.name, tags)
		if err != nil {
			return nil, err
		}
		items = slices.DeleteFunc(slices.Clone(items), func(v *T) bool {
			return !anyMatch(c.values, get(v))
		})
	}
	return items, nil
}

// values finds what a filter compares with. tag:KEY and tag-key are common to all things that have tags.
func (f fields[T]) values(name string, tags func(*T) map[string]string) (func(*T) []string, error) {
	if get, ok := f[name]; ok {
		return get, nil
	}
	key, isTag := strings.CutPrefix(name, "tag:")
	switch {
	case tags != nil && isTag:
		return func(v *T) []string {
			if value, ok := tags(v)[key]; ok {
				return []string{value}
			}
			return nil
		}, nil
	case tags != nil && name == "tag-key":
		return func(v *T) []string { return sortedKeys(tags(v)) }, nil
	}
	return nil, reject("InvalidParameterValue", "The filter '%s' is invalid", name)
}

func anyMatch(patterns, values []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return filterMatch(p, v) })
	})
}

// filterMatch compares with a filter's pattern: * is any text, ? is any character, a backslash takes the next one as it is.
func filterMatch(pattern, value string) bool {
	for pattern != "" {
		switch {
		case pattern[0] == '*':
			for i := 0; i <= len(value); i++ {
				if filterMatch(pattern[1:], value[i:]) {
					return true
				}
			}
			return false
		case value == "":
			return false
		case pattern[0] == '\\' && len(pattern) > 1:
			pattern = pattern[1:]
			if pattern[0] != value[0] {
				return false
			}
		case pattern[0] != '?' && pattern[0] != value[0]:
			return false
		}
		pattern, value = pattern[1:], value[1:]
	}
	return value == ""
}

// pages says how a service pages: the bounds of a page's size, and how it refuses.
type pages struct {
	least, most int32
	usual       int32 // size where the caller names none; 0 is everything
	badSize     func(size int32) error
	badToken    func() error
}

func ec2Pages() pages {
	return pages{least: 5, most: 1000,
		badSize: func(size int32) error {
			if size < 5 {
				return reject("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value greater than 5.", size)
			}
			return reject("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value less than or equal to 1000.", size)
		},
		badToken: func() error {
			return reject("InvalidPaginationToken", "The specified pagination token is not valid or is expired.")
		},
	}
}

// page cuts one page out of items, and gives the token of the next one, nil after the last.
func page[T any](items []T, size *int32, token *string, p pages) ([]T, *string, error) {
	n := p.usual
	if size != nil {
		n = *size
		if n < p.least || n > p.most {
			return nil, nil, p.badSize(n)
		}
	}
	from, ok := pageStart(aws.ToString(token))
	if !ok {
		return nil, nil, p.badToken()
	}
	from = min(from, len(items))
	rest := items[from:]
	if n == 0 || len(rest) <= int(n) {
		return rest, nil, nil
	}
	next := base64.RawURLEncoding.EncodeToString([]byte("page:" + strconv.Itoa(from+int(n))))
	return rest[:n], &next, nil
}

func pageStart(token string) (int, bool) {
	if token == "" {
		return 0, true
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	text, ok := strings.CutPrefix(string(b), "page:")
	n, err := strconv.Atoi(text)
	return n, ok && err == nil && n >= 0
}

// one makes a filter's values of one text, none where the text is empty.
func one(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

func yesNo(b bool) []string { return []string{strconv.FormatBool(b)} }
