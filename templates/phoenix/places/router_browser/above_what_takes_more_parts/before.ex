defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/api", MyAppWeb do
    get "/:id", ApiController, :show
    get "/*path", ApiController, :missing
  end

  scope "/", MyAppWeb do
    get "/:user/:repository", RepositoryController, :show
  end

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
    get "/:user/:repository/issues", IssueController, :index
    post "/*path", PageController, :post
  end
end
