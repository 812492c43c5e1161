package web

import "github.com/gin-gonic/gin"

// Routes returns all routes of the server.
func (s *Server) Routes() gin.RoutesInfo { return s.engine.Routes() }
