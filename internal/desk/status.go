package desk

import (
	"net/http"

	"parry"
)

// Status is the HTTP status that tells of an error, by its kind: the same for pages, for the API and at the door of a deployment.
func Status(err error) int {
	switch parry.KindOf(err) {
	case parry.Invalid:
		return http.StatusBadRequest
	case parry.NotFound:
		return http.StatusNotFound
	case parry.Refused:
		return http.StatusForbidden
	case parry.Conflict:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}
