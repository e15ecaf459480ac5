//! From the API's types to values; rule: one pass gives the finished object, in order and without what says nothing.
//!
//! The types serialise alphabetically and write down empty maps. A [`Writer`] knows the key under which it stands, and so the order
//! that its keys take ([`super::order`]).

use std::borrow::Cow;
use std::fmt::Display;

use serde::ser::{self, Serialize, Serializer};
use serde_json::{Error, Number};

use super::order;
use super::value::Value;

/// An object of the API, finished.
pub(super) fn object(object: &impl Serialize) -> Value {
    // These types are plain data with text keys, which always serialise.
    object.serialize(Writer { place: Place::Top }).unwrap_or_default()
}

/// Where a value stands.
#[derive(Clone, Copy)]
enum Place<'k> {
    /// Nowhere: it is the object.
    Top,
    /// Under a key.
    Under(&'k str),
    /// In the list under a key.
    ItemOf(&'k str),
    /// Among what the user named and ordered.
    Verbatim,
}

impl Place<'_> {
    /// The keys that come first.
    fn order(self) -> &'static [&'static str] {
        match self {
            Place::Top => order::OBJECT,
            Place::Under(key) => order::under(key).unwrap_or_default(),
            // Where nothing better is known, the name of an item comes first.
            Place::ItemOf(key) => order::under(key).unwrap_or(&["name"]),
            Place::Verbatim => &[],
        }
    }

    fn is_user_data(self) -> bool {
        match self {
            Place::Under(key) => order::is_user_data(key),
            Place::Verbatim => true,
            Place::Top | Place::ItemOf(_) => false,
        }
    }
}

/// Writes one value.
struct Writer<'k> {
    place: Place<'k>,
}

impl<'k> Writer<'k> {
    fn list(&self, length: Option<usize>) -> ListWriter<'k> {
        let place = match self.place {
            _ if self.place.is_user_data() => Place::Verbatim,
            Place::Under(key) | Place::ItemOf(key) => Place::ItemOf(key),
            Place::Top | Place::Verbatim => Place::Verbatim,
        };
        ListWriter { place, items: Vec::with_capacity(length.unwrap_or_default()) }
    }

    fn mapping(&self, length: Option<usize>) -> MapWriter {
        MapWriter {
            order: self.place.order(),
            verbatim: self.place.is_user_data(),
            names_its_type: !matches!(self.place, Place::ItemOf(key) if order::is_of_one_type(key)),
            key: Cow::Borrowed(""),
            ranks: Vec::new(),
            entries: Vec::with_capacity(length.unwrap_or_default()),
        }
    }
}

struct ListWriter<'k> {
    place: Place<'k>,
    items: Vec<Value>,
}

impl ListWriter<'_> {
    // Items are never dropped: an empty rule in a list of a NetworkPolicy allows everything.
    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.items.push(item.serialize(Writer { place: self.place })?);
        Ok(())
    }
}

struct MapWriter {
    order: &'static [&'static str],
    verbatim: bool,
    /// Whether `apiVersion` and `kind` say something.
    names_its_type: bool,
    key: Cow<'static, str>,
    /// The ranks of the entries, by which they are sorted; none where there is no order.
    ranks: Vec<usize>,
    entries: Vec<(Cow<'static, str>, Value)>,
}

impl MapWriter {
    fn push<T: Serialize + ?Sized>(&mut self, key: Cow<'static, str>, value: &T) -> Result<(), Error> {
        let place = if self.verbatim { Place::Verbatim } else { Place::Under(&key) };
        let value = value.serialize(Writer { place })?;
        let is_type = !self.names_its_type && matches!(key.as_ref(), "apiVersion" | "kind");
        if is_type || !self.verbatim && order::is_noise(&key, &value) {
            return Ok(());
        }
        if self.order.is_empty() {
            self.entries.push((key, value));
            return Ok(());
        }
        // What is not in the order ranks behind all that is; keys of one rank stay as they are.
        let rank = self.order.iter().position(|known| *known == key).unwrap_or(self.order.len());
        let position = self.ranks.partition_point(|before| *before <= rank);
        self.ranks.insert(position, rank);
        self.entries.insert(position, (key, value));
        Ok(())
    }
}

/// The enums of the API are texts; those with content serialise as what they hold.
fn unknown(what: &str) -> Error {
    ser::Error::custom(format!("{what} is no part of the API's types"))
}

impl<'k> Serializer for Writer<'k> {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = ListWriter<'k>;
    type SerializeTuple = ListWriter<'k>;
    type SerializeTupleStruct = ListWriter<'k>;
    type SerializeTupleVariant = ser::Impossible<Value, Error>;
    type SerializeMap = MapWriter;
    type SerializeStruct = MapWriter;
    type SerializeStructVariant = ser::Impossible<Value, Error>;

    fn serialize_bool(self, value: bool) -> Result<Value, Error> {
        Ok(Value::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Value, Error> {
        Ok(Value::Number(value.into()))
    }

    fn serialize_i16(self, value: i16) -> Result<Value, Error> {
        Ok(Value::Number(value.into()))
    }

    fn serialize_i32(self, value: i32) -> Result<Value, Error> {
        Ok(Value::Number(value.into()))
    }

    fn serialize_i64(self, value: i64) -> Result<Value, Error> {
        Ok(Value::Number(value.into()))
    }

    fn serialize_u8(self, value: u8) -> Result<Value, Error> {
        Ok(Value::Number(value.into()))
    }

    fn serialize_u16(self, value: u16) -> Result<Value, Error> {
        Ok(Value::Number(value.into()))
    }

    fn serialize_u32(self, value: u32) -> Result<Value, Error> {
        Ok(Value::Number(value.into()))
    }

    fn serialize_u64(self, value: u64) -> Result<Value, Error> {
        Ok(Value::Number(value.into()))
    }

    fn serialize_f32(self, value: f32) -> Result<Value, Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Value, Error> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn serialize_char(self, value: char) -> Result<Value, Error> {
        self.collect_str(&value)
    }

    fn serialize_str(self, value: &str) -> Result<Value, Error> {
        Ok(Value::String(value.into()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<Value, Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _value: &T,
    ) -> Result<Value, Error> {
        Err(unknown(variant))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<ListWriter<'k>, Error> {
        Ok(self.list(length))
    }

    fn serialize_tuple(self, length: usize) -> Result<ListWriter<'k>, Error> {
        Ok(self.list(Some(length)))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<ListWriter<'k>, Error> {
        Ok(self.list(Some(length)))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(unknown(variant))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<MapWriter, Error> {
        Ok(self.mapping(length))
    }

    fn serialize_struct(self, _name: &'static str, length: usize) -> Result<MapWriter, Error> {
        Ok(self.mapping(Some(length)))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(unknown(variant))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<Value, Error> {
        Ok(Value::String(value.to_string().into()))
    }
}

impl ser::SerializeSeq for ListWriter<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.push(item)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Array(self.items))
    }
}

impl ser::SerializeTuple for ListWriter<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.push(item)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Array(self.items))
    }
}

impl ser::SerializeTupleStruct for ListWriter<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.push(item)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Array(self.items))
    }
}

impl ser::SerializeMap for MapWriter {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        match key.serialize(Writer { place: Place::Verbatim })? {
            Value::String(text) => self.key = Cow::Owned(text.into()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                return Err(unknown("a key that is no text"));
            }
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = std::mem::take(&mut self.key);
        self.push(key, value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Object(self.entries.into_iter().collect()))
    }
}

impl ser::SerializeStruct for MapWriter {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.push(Cow::Borrowed(key), value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Object(self.entries.into_iter().collect()))
    }
}
