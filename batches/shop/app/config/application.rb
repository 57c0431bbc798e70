$stdout.sync = true # the log has no line late

require "rails"

module Shop
  class Application < Rails::Application
    config.load_defaults 7.2
    config.autoload_lib(ignore: %w[tasks])
    config.eager_load = false
    config.logger = ActiveSupport::Logger.new($stdout)
    config.secret_key_base = "not needed: the tasks sign nothing"
  end
end
