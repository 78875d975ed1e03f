package source

import "parry"

// tagList reads tags in the form [{key, value}], or [{name, value}] and [{name, values}] as OCSF has it.
func tagList(tags node) []parry.Tag {
	var all []parry.Tag
	for _, t := range tags.items() {
		k := oneOf(t.get("key").text(), t.get("name").text())
		if k == "" {
			continue
		}
		values := t.get("values").texts()
		if t.get("value").there() || len(values) == 0 {
			values = []string{t.get("value").text()}
		}
		for _, v := range values {
			all = append(all, parry.Tag{Name: k, Value: v})
		}
	}
	return all
}

// tagMap reads tags in the form {key: value}, in the order of their keys.
func tagMap(tags node) []parry.Tag {
	var all []parry.Tag
	for _, k := range tags.keys() {
		all = append(all, parry.Tag{Name: k, Value: tags.get(k).text()})
	}
	return all
}
