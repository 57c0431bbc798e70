require "csv"

# The orders of the sample, in the place of a database.
class Orders
  Order = Struct.new(:number, :shop, :amount, :state, keyword_init: true)

  def self.all
    CSV.read(Rails.root.join("data/orders.csv"), headers: true).map do |row|
      Order.new(number: row["number"], shop: row["shop"], amount: Integer(row["amount"]), state: row["state"])
    end
  end

  def self.paid
    all.select { |order| order.state == "paid" }
  end
end
